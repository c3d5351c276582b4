/** The poses of a recording of the library, one of which is compared. */

import { numbered, recordingName } from "../align/clip.js";
import { clock } from "../search/words.js";
import { subjectOfRow, TALL } from "./subject.js";

/** @typedef {import("./file_subject.js").PosesOfFile} PosesOfFile */

/**
 * @param {import("../api.js").Api} api
 * @param {string} library
 * @param {import("../align/clip.js").Recording} recording
 * @param {AbortSignal} signal
 * @returns {Promise<PosesOfFile>}
 */
export async function posesOfRecording(api, library, recording, signal) {
  const { rows, keypoints, frames, times } = await api.recording(library, recording.id, signal);
  const first = await subjectOfRow(api, library, rows[0], signal);
  const timed = times.every((/** @type {number | null} */ time) => time !== null);
  const values = timed ? times : numbered(frames);
  const moments = values.map((/** @type {number} */ value) => (timed ? clock(value) : `frame ${value}`));

  return {
    name: first.name,
    recording: recordingName(recording),
    frames: rows.map((/** @type {number} */ row) => [row]),
    moments,
    when: { unit: timed ? "Time in seconds" : "Frame", values },
    suggested: rows[0],
    person: () => "",
    subject(row) {
      const place = rows.indexOf(row);
      return {
        ...first,
        detail: `${moments[place]} · row ${row.toLocaleString("en")} of ${library}`,
        link: `${encodeURIComponent(library)}:${row}`,
        reference: { library, row },
        keypoints: keypoints[place],
        picture: first.picture && {
          ...first.picture,
          url: api.imageUrl(library, row, { height: TALL, drawn: false, whole: true }),
        },
      };
    },
    dispose() {},
  };
}
