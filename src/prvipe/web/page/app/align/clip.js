/** A clip of one person: a recording of a library, or somebody in a file that was dropped. */

import { fileName } from "../search/words.js";
import { linkOf } from "./clip_link.js";

/** @typedef {import("../store.js").Point} Point */

/**
 * @typedef {object} Recording as the server lists it
 * @property {string} id
 * @property {string | null} source
 * @property {string | null} [sequence]
 * @property {string | null} camera
 * @property {number | null} person
 * @property {number} poses
 * @property {number | null} first_time
 * @property {number | null} last_time
 * @property {number | null} first_frame
 * @property {number | null} last_frame
 *
 * @typedef {object} Clip
 * @property {string} name
 * @property {string} detail how long it is, in words
 * @property {string | null} link what the page's address calls it; null for a file
 * @property {import("../api.js").Clip} reference what is aligned
 * @property {number[]} rows as the server numbers them: of the library, or of `reference.poses`
 * @property {Point[][]} keypoints by row, in the order of frames
 * @property {number[]} frames number of the frame of each row
 * @property {(number | null)[]} times
 * @property {{width: number, height: number} | null} size of a frame, in the unit of the keypoints
 * @property {FetchFrames | null} fetchFrames null where there are no pictures
 * @property {string | null} videoUrl of a video that was dropped and can be shown from here
 *
 * @typedef {(rows: number[], height: number, signal: AbortSignal) => Promise<(Blob | null)[]>}
 *   FetchFrames of rows of the clip; null for a frame that is not to be had
 */

/**
 * @param {import("../api.js").Api} api
 * @param {string} library
 * @param {Recording} recording
 * @param {AbortSignal} signal
 * @returns {Promise<Clip>}
 */
export async function loadRecording(api, library, recording, signal) {
  const answer = await api.recording(library, recording.id, signal);
  const [first] = await api.poses(library, answer.rows.slice(0, 1), signal);
  const { width, height } = answer;
  return {
    name: recordingName(recording),
    detail: describeLength(answer.frames.length, answer.times),
    link: linkOf(library, recording.id),
    reference: { library, recording: recording.id },
    rows: answer.rows,
    keypoints: answer.keypoints,
    frames: numbered(answer.frames),
    times: answer.times,
    size: width && height ? { width, height } : null,
    fetchFrames:
      first?.image && width && height
        ? (rows, tall, own) =>
            fetchFrames(api, library, rows.map((row) => answer.rows[row]), tall, own)
        : null,
    videoUrl: null,
  };
}

/**
 * @param {import("../api.js").Api} api
 * @param {string} library
 * @param {number[]} rows of the library
 * @param {number} height
 * @param {AbortSignal} signal
 * @returns {Promise<(Blob | null)[]>}
 */
async function fetchFrames(api, library, rows, height, signal) {
  const path = `v1/libraries/${encodeURIComponent(library)}/frames`;
  const response = await api.request(`${path}?rows=${rows.join(",")}&height=${height}`, { signal });
  const content = await response.arrayBuffer();
  const view = new DataView(content);
  let start = 4 * (1 + rows.length);
  return rows.map((_, place) => {
    const size = view.getUint32(4 * (1 + place), true);
    start += size;
    return size ? new Blob([content.slice(start - size, start)], { type: "image/jpeg" }) : null;
  });
}

/** @param {Recording} recording @returns {string} */
export function recordingName(recording) {
  const parts = [recording.sequence || fileName(recording.source ?? "") || "recording"];
  if (recording.camera !== null) parts.push(`camera ${recording.camera}`);
  if (recording.person) parts.push(`person ${recording.person}`);
  return parts.join(", ");
}

/** @param {Recording} recording @returns {string} what tells it from others besides its name */
export function recordingDetail(recording) {
  const { first_time: first, last_time: last, poses } = recording;
  const parts = [`${poses.toLocaleString("en")} poses`];
  if (first !== null && last !== null) parts.push(`${(last - first).toFixed(1)} s`);
  if (recording.sequence && recording.source) parts.push(fileName(recording.source));
  return parts.join(" · ");
}

/** @param {number} count @param {(number | null)[]} times @returns {string} */
export function describeLength(count, times) {
  const known = times.filter((time) => time !== null);
  const frames = count === 1 ? "1 frame" : `${count.toLocaleString("en")} frames`;
  if (known.length < 2) return `${frames}, times not known`;
  return `${frames}, ${(known[known.length - 1] - known[0]).toFixed(2)} s`;
}

/** Frames as numbered; by their order where they are not. @param {(number | null)[]} frames */
export function numbered(frames) {
  return frames.every((frame) => frame !== null)
    ? /** @type {number[]} */ (frames)
    : frames.map((_, place) => place);
}
