/** Recordings as the address names them: LIBRARY:ID, or row:ROW for that of a pose. */

/** Parts that tell recordings apart. */
const PARTS = /** @type {const} */ (["source", "sequence", "camera", "person"]);
const GONE = "The recording of this link is not there, or no longer.";

/** @param {string} library @param {string} id @returns {string} */
export function linkOf(library, id) {
  return `${encodeURIComponent(library)}:${id}`;
}

/**
 * @param {import("../api.js").Api} api
 * @param {string} link
 * @param {string | null} here library that rows without one are of
 * @param {AbortSignal} signal
 * @returns {Promise<{library: string, recording: import("./clip.js").Recording}>}
 */
export async function followLink(api, link, here, signal) {
  const colon = link.indexOf(":");
  const [before, after] = [link.slice(0, colon), link.slice(colon + 1)];
  const isRow = before === "row";
  const library = isRow ? here : decode(before);
  if (colon < 1 || !after || library === null) throw new Error(GONE);
  const recordings = await api.recordings(library, signal);
  const matches = isRow ? await ofRow(api, library, Number(after), signal) : null;
  const recording = recordings.find((each) => (matches ? matches(each) : each.id === after));
  if (!recording) throw new Error(GONE);
  return { library, recording };
}

/**
 * @param {import("../api.js").Api} api
 * @param {string} library
 * @param {number} row
 * @param {AbortSignal} signal
 */
async function ofRow(api, library, row, signal) {
  const [{ fields }] = await api.poses(library, [row], signal);
  return (/** @type {any} */ recording) =>
    PARTS.every((part) => (recording[part] ?? null) === (fields[part] ?? null));
}

/** @param {string} text @returns {string | null} */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
