/**
 * The pairs of an alignment, laid along the time of the first clip.
 *
 * Several frames of the second clip may belong to one frame of the first. They share that frame's
 * time, so each gets an even part of it: every pair has a moment of its own, and moments rise.
 */

/**
 * @typedef {object} Course
 * @property {number} count how many pairs there are
 * @property {Int32Array} placesA place of each pair on the even grid of the first clip, from 0
 * @property {Int32Array} placesB likewise of the second clip
 * @property {Int32Array} framesA frame number of each pair in the first clip
 * @property {Int32Array} framesB likewise in the second clip
 * @property {Float64Array} moments rising; seconds of the first clip, or frames without times
 * @property {Float64Array} timesA time of each pair in the first clip, in the unit of `moments`
 * @property {Float64Array} timesB likewise in the second clip
 * @property {Float64Array} single matching probability of each pair by itself; NaN where unknown
 * @property {Float64Array} smoothed the same, averaged over the frames around it
 * @property {boolean} inSeconds whether times are seconds, not frame numbers
 * @property {number} start first moment
 * @property {number} end last moment, after which the last pair is over
 */

/**
 * @param {{placesA: number[], placesB: number[], framesA: number[], framesB: number[],
 *   timesA: number[], timesB: number[], single: (number | null)[], smoothed: (number | null)[],
 *   inSeconds: boolean}} pairs
 * @returns {Course}
 */
export function layCourse(pairs) {
  const count = pairs.placesA.length;
  const moments = new Float64Array(count);
  const span = frameSpan(pairs);
  for (let first = 0; first < count; ) {
    let next = first + 1;
    while (next < count && pairs.placesA[next] === pairs.placesA[first]) next += 1;
    for (let pair = first; pair < next; pair += 1) {
      moments[pair] = pairs.timesA[first] + (span * (pair - first)) / (next - first);
    }
    first = next;
  }
  return {
    count,
    placesA: Int32Array.from(pairs.placesA),
    placesB: Int32Array.from(pairs.placesB),
    framesA: Int32Array.from(pairs.framesA),
    framesB: Int32Array.from(pairs.framesB),
    moments,
    timesA: Float64Array.from(pairs.timesA),
    timesB: Float64Array.from(pairs.timesB),
    single: Float64Array.from(pairs.single, orUnknown),
    smoothed: Float64Array.from(pairs.smoothed, orUnknown),
    inSeconds: pairs.inSeconds,
    start: count ? moments[0] : 0,
    end: count ? pairs.timesA[count - 1] + span : 0,
  };
}

/**
 * The last pair whose moment is not after `moment`; the first one before that.
 * @param {Course} course
 * @param {number} moment
 * @returns {number}
 */
export function pairAt(course, moment) {
  let low = 0;
  let high = course.count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (course.moments[middle] <= moment) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The pair nearest to a place on the grid of both clips, as a click on their path means it.
 * @param {Course} course
 * @param {number} placeA
 * @param {number} placeB
 * @returns {number}
 */
export function pairNearest(course, placeA, placeB) {
  let best = 0;
  let least = Infinity;
  for (let pair = 0; pair < course.count; pair += 1) {
    const distance = Math.hypot(course.placesA[pair] - placeA, course.placesB[pair] - placeB);
    if (distance < least) [best, least] = [pair, distance];
  }
  return best;
}

/**
 * The pairs that fit worst, worst first, no two of them close to each other.
 *
 * Each is the lowest of the smoothed curve within `apart` of itself, and below the middle of it.
 * @param {Course} course
 * @param {number} most how many at most
 * @param {number} apart in the unit of the moments
 * @returns {number[]} pairs
 */
export function worstPairs(course, most, apart) {
  const known = [...course.smoothed].filter(Number.isFinite).sort((one, other) => one - other);
  const middle = known[known.length >> 1];
  /** @type {number[]} */
  const chosen = [];
  const order = [...course.smoothed.keys()]
    .filter((pair) => course.smoothed[pair] < middle)
    .sort((one, other) => course.smoothed[one] - course.smoothed[other]);
  for (const pair of order) {
    if (chosen.length === most) break;
    const moment = course.moments[pair];
    if (chosen.every((other) => Math.abs(course.moments[other] - moment) >= apart)) {
      chosen.push(pair);
    }
  }
  return chosen;
}

/** How long one frame of the first clip lasts. @param {{placesA: number[], timesA: number[]}} pairs */
function frameSpan({ placesA, timesA }) {
  const last = placesA.length - 1;
  const frames = last < 0 ? 0 : placesA[last] - placesA[0];
  return frames > 0 ? (timesA[last] - timesA[0]) / frames : 1;
}

/** @param {number | null} value */
function orUnknown(value) {
  return value ?? NaN;
}
