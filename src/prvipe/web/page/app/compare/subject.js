/** One of the two poses that are compared, wherever it is from. */

import { onePose } from "../api.js";
import { placeOf, momentOf } from "../search/words.js";

/** @typedef {import("../store.js").Point} Point */

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {string} detail
 * @property {string | null} link what the page's address calls it; null for a file or a drawing
 * @property {import("../api.js").PoseReference} reference what is compared
 * @property {Point[]} keypoints of coco13
 * @property {Picture | null} picture
 *
 * @typedef {object} Picture what the keypoints lie on
 * @property {string} url
 * @property {{width: number, height: number}} size of the frame, in the unit of the keypoints
 * @property {number} [time] of a video: seconds at which it shows the frame
 */

/** Height in pixels of the pictures that are asked for. */
export const TALL = 720;
const GONE = "The pose of this link is not there, or no longer.";

/**
 * @param {import("../store.js").Query} query
 * @returns {Subject}
 */
export function subjectOfQuery(query) {
  return {
    name: query.label || "The query",
    detail: "what Search looks for",
    link: "query",
    reference: { poses: onePose(query.keypoints) },
    keypoints: query.keypoints,
    picture: null,
  };
}

/** @param {Point[]} keypoints @param {string} name @returns {Subject} */
export function subjectOfDrawing(keypoints, name) {
  const reference = { poses: onePose(keypoints) };
  return { name, detail: "drawn by hand", link: null, reference, keypoints, picture: null };
}

/**
 * @param {import("../api.js").Api} api
 * @param {string} library
 * @param {number} row
 * @param {AbortSignal} signal
 * @returns {Promise<Subject>}
 */
export async function subjectOfRow(api, library, row, signal) {
  const [hit] = await api.poses(library, [row], signal);
  const { width, height } = hit.fields;
  const size = width > 0 && height > 0 ? { width, height } : null;
  return {
    name: placeOf(hit),
    detail: [momentOf(hit), `row ${row.toLocaleString("en")} of ${library}`].filter(Boolean).join(" · "),
    link: `${encodeURIComponent(library)}:${row}`,
    reference: { library, row },
    keypoints: hit.keypoints,
    picture:
      hit.image && size
        ? { url: api.imageUrl(library, row, { height: TALL, drawn: false, whole: true }), size }
        : null,
  };
}

/**
 * @param {string} link "query", "row:ROW" of the library that is looked at, or "LIBRARY:ROW"
 * @param {string | null} here
 * @returns {"query" | {library: string, row: number}}
 * @throws {Error} in words
 */
export function readLink(link, here) {
  if (link === "query") return link;
  const [, before, after] = /^(.+):(\d+)$/.exec(link) ?? [];
  const library = before === "row" ? here : decode(before ?? "");
  if (!library || after === undefined) throw new Error(GONE);
  return { library, row: Number(after) };
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
