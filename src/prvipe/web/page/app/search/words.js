/** Numbers in words. */

/** Least matching probability -> words; the ranges are those of prvipe.comparison.verdict. */
const VERDICTS = [
  [0.7, "The same, or nearly"],
  [0.5, "Probably the same"],
  [0.1, "Perhaps the same"],
  [0.02, "Probably different"],
  [0, "Different"],
];

/** @param {number} probability @returns {string} */
export function verdictWords(probability) {
  return String(VERDICTS.find(([least]) => probability >= Number(least))?.[1] ?? "Not known");
}

/** @param {number} probability @returns {string} as in "87 %" */
export function percent(probability) {
  if (!Number.isFinite(probability)) return "?";
  const hundredths = probability * 100;
  if (hundredths > 0 && hundredths < 1) return "< 1 %";
  if (hundredths >= 99.5 && hundredths < 100) return "> 99 %";
  return `${Math.round(hundredths)} %`;
}

/** @param {number | null | undefined} seconds @returns {string} as in "1:02.50" or "3.20 s" */
export function clock(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "";
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds - 60 * minutes).toFixed(2).padStart(5, "0");
  return `${minutes}:${rest}`;
}

/** @param {number} count @param {string} noun @returns {string} as in "1 pose", "2,000 poses" */
export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** When in its recording a hit is. @param {import("../store.js").Hit} hit @returns {string} */
export function momentOf(hit) {
  if (hit.time !== null && hit.time !== undefined) return clock(hit.time);
  return hit.frame === null || hit.frame === undefined ? "" : `frame ${hit.frame}`;
}

/** Where a hit is from. @param {import("../store.js").Hit} hit @returns {string} */
export function placeOf(hit) {
  return placeParts(hit).join(" · ");
}

/** Recording and camera, as far as they are known. @param {import("../store.js").Hit} hit @returns {string[]} */
export function placeParts(hit) {
  const { camera, sequence } = hit.fields ?? {};
  const known = [sequence ? fileName(String(sequence)) : "", cameraName(camera)].filter(Boolean);
  if (known.length > 0) return known;
  return [hit.source ? fileName(hit.source) : `row ${hit.row}`];
}

/** @param {any} camera @returns {string} */
function cameraName(camera) {
  if (camera === null || camera === undefined || camera === "") return "";
  return /^\d+$/.test(String(camera)) ? `camera ${camera}` : String(camera);
}

/** @param {string} path @returns {string} its last part */
export function fileName(path) {
  return path.replace(/^.*[\\/](?=.)/, "");
}

/** A hit in one breath, for those who listen. @param {import("../store.js").Hit} hit */
export function spoken(hit) {
  return [placeOf(hit), momentOf(hit)].filter(Boolean).join(", ");
}

/** @param {any} value of a field @returns {string} */
export function fieldText(value) {
  if (value === null || value === undefined || value === "") return "not known";
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

/** @param {string} text @returns {string} with a capital and a full stop */
export function sentence(text) {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
