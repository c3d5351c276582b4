/** The people of a file that was dropped, each as a clip. */

import { describeLength, numbered } from "./clip.js";

/** @typedef {import("./clip.js").Clip} Clip */
/** @typedef {import("../api.js").Poses} Poses */

/** Fields that tell clips of one file apart. */
const APART = ["source", "sequence", "camera", "person"];
/** Frames that everybody has to be in, to be listed, where there are many people. */
const MOST_PEOPLE = 50;

/**
 * @param {{kind: string, poses: Poses, suggested: number}} answer of the server to the file
 * @param {File} file
 * @returns {{clips: Clip[], suggested: number}} everybody in it, those seen longest first; which
 *   of them the server suggests
 */
export function clipsOf(answer, file) {
  const { poses } = answer;
  const videoUrl = answer.kind === "video" ? URL.createObjectURL(file) : null;
  const groups = [...groupRows(poses).values()].sort((one, other) => other.length - one.length);
  const suggested = groups.findIndex((rows) => rows.includes(answer.suggested));
  const clips = groups.slice(0, MOST_PEOPLE).map((rows) => {
    const ordered = orderByFrame(rows, poses.fields?.frame);
    const take = (/** @type {any[] | null | undefined} */ values) =>
      values ? ordered.map((row) => values[row]) : null;
    const times = take(poses.fields?.time) ?? ordered.map(() => null);
    const frames = numbered(take(poses.fields?.frame) ?? ordered.map(() => null));
    const [width, height] = ["width", "height"].map((name) => take(poses.fields?.[name])?.[0]);
    const keypoints = /** @type {any} */ (take(poses.keypoints));
    const labels = describeGroup(ordered[0], poses, groups);
    return {
      name: [file.name, ...labels].join(", "),
      detail: describeLength(ordered.length, times),
      link: null,
      reference: {
        poses: {
          ...poses,
          keypoints,
          scores: take(poses.scores),
          fields: { frame: frames, time: times },
        },
      },
      rows: ordered.map((_, place) => place),
      keypoints,
      frames,
      times,
      size: width && height ? { width, height } : null,
      fetchFrames: null,
      videoUrl,
    };
  });
  return { clips, suggested: Math.max(0, suggested) };
}

/** @param {Poses} poses @returns {Map<string, number[]>} rows of each person of each recording */
function groupRows(poses) {
  const fields = APART.map((name) => poses.fields?.[name]).filter(Boolean);
  const groups = new Map();
  poses.keypoints.forEach((_, row) => {
    const key = JSON.stringify(fields.map((values) => values?.[row]));
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(row);
  });
  return groups;
}

/**
 * What tells a group from the others, in words.
 *
 * @param {number} row its first
 * @param {import("../api.js").Poses} poses
 * @param {number[][]} groups
 */
function describeGroup(row, poses, groups) {
  if (groups.length === 1) return [];
  return APART.filter((name) => {
    const values = poses.fields?.[name];
    return values && groups.some(([first]) => values[first] !== values[groups[0][0]]);
  }).map((name) => `${name} ${poses.fields?.[name][row]}`);
}

/** @param {number[]} rows @param {any[] | undefined} frames */
function orderByFrame(rows, frames) {
  return frames ? [...rows].sort((one, other) => frames[one] - frames[other]) : rows;
}
