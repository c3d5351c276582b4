/** An alignment in words. */

import { percent } from "../search/words.js";

/** @typedef {import("./answer.js").Alignment} Alignment */
/** @typedef {[string, string]} Names of the two clips */

/** @type {Record<string, string>} */
const HEADLINES = {
  "same motion": "The same motion",
  uncertain: "Perhaps the same motion",
  "no common motion": "No common motion found",
};

/** Paces from which on it is said which clip takes longer. */
const EVEN = [0.95, 1.05];

/** @param {Alignment} alignment @returns {string} */
export function headline(alignment) {
  return HEADLINES[alignment.verdict] ?? alignment.verdict;
}

/** @param {Alignment} alignment @returns {boolean} whether there is anything to be scrubbed */
export function hasPairs(alignment) {
  return alignment.course.count > 1;
}

/**
 * @param {Alignment} alignment
 * @param {Names} names
 * @returns {string[]} sentences on where and how fast the common part is
 */
export function sentences(alignment, names) {
  if (!hasPairs(alignment)) {
    return ["No moment of the one fits a moment of the other better than being left out."];
  }
  const said = [commonPart(alignment, names), lag(alignment, names)];
  const { course, lengths } = alignment;
  [course.placesA, course.placesB].forEach((places, side) => {
    const after = lengths[side] - 1 - places[course.count - 1];
    if (places[0] || after) said.push(leftOut(names[side], places[0], after));
  });
  return said;
}

/** @returns {string} why the alignment is to be taken with care where the motion repeats itself */
export function caution() {
  return (
    "Another alignment, at least half a second away, fits nearly as well: the motion repeats " +
    "itself or hardly moves. Which repetition belongs to which is uncertain."
  );
}

/**
 * @param {number} value
 * @param {boolean} inSeconds
 * @returns {string} as in "1.25 s" or "frame 30"
 */
export function amount(value, inSeconds) {
  return inSeconds ? `${value.toFixed(2)} s` : `frame ${Math.round(value)}`;
}

/** @param {import("./course.js").Course} course @param {number} pair @returns {string} */
export function describePair(course, pair) {
  const { timesA, timesB, smoothed, inSeconds } = course;
  return (
    `A ${amount(timesA[pair], inSeconds)}, B ${amount(timesB[pair], inSeconds)}, ` +
    `matching probability ${percent(smoothed[pair])}`
  );
}

/** @param {Alignment} alignment @param {Names} names */
function commonPart({ course }, names) {
  const last = course.count - 1;
  const [a, b] = [course.timesA, course.timesB].map(
    (times) => `${amount(times[0], course.inSeconds)} to ${amount(times[last], course.inSeconds)}`,
  );
  return `Common part: ${a} of ${names[0]}, ${b} of ${names[1]}.`;
}

/** @param {Alignment} alignment @param {Names} names */
function lag({ offset, pace, course }, names) {
  if (offset === null) return "";
  const apart = course.inSeconds
    ? `${Math.abs(offset).toFixed(2)} s`
    : `${Math.round(Math.abs(offset))} frames`;
  const none = Number.parseFloat(apart) === 0;
  const when = none ? "at the same time" : `${apart} ${offset > 0 ? "later" : "earlier"}`;
  const words = `A moment is ${when} in ${names[1]} (median)`;
  if (pace === null) return `${words}.`;
  if (pace >= EVEN[0] && pace <= EVEN[1]) return `${words}; both run at about the same speed.`;
  return `${words}, which takes ${pace.toFixed(2)} times as long.`;
}

/** @param {string} name @param {number} before @param {number} after */
function leftOut(name, before, after) {
  const frames = (/** @type {number} */ count) => (count === 1 ? "1 frame" : `${count} frames`);
  return `Left out of ${name}: ${frames(before)} before the common part, ${frames(after)} after it.`;
}
