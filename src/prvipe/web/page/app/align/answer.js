/** What the server answers to an alignment, as the page uses it. */

import { layCourse } from "./course.js";

/**
 * @typedef {object} Alignment
 * @property {import("./course.js").Course} course
 * @property {[Int32Array, Int32Array]} rows row of either clip that each pair shows; -1: nobody
 * @property {[number, number]} lengths frames of either clip on its grid
 * @property {string} verdict
 * @property {number} similarity
 * @property {number | null} offset
 * @property {number | null} pace
 * @property {boolean} repeats whether another alignment fits nearly as well
 */

/** Another alignment that costs so little more per frame may be the right one. */
const REPEATS = 0.1;

/**
 * @param {Record<string, any>} answer
 * @param {[import("./clip.js").Clip, import("./clip.js").Clip]} clips
 * @returns {Alignment}
 */
export function readAlignment(answer, clips) {
  const inSeconds = answer.unit === "seconds";
  return {
    course: layCourse({
      placesA: answer.places_a,
      placesB: answer.places_b,
      framesA: answer.frames_a,
      framesB: answer.frames_b,
      timesA: inSeconds ? answer.times_a : answer.frames_a,
      timesB: inSeconds ? answer.times_b : answer.frames_b,
      single: answer.matching_probabilities,
      smoothed: answer.similarities,
      inSeconds,
    }),
    rows: [rowsOfClip(answer.rows_a, clips[0]), rowsOfClip(answer.rows_b, clips[1])],
    lengths: [answer.length_a, answer.length_b],
    verdict: answer.verdict,
    similarity: answer.similarity,
    offset: answer.offset,
    pace: answer.pace,
    repeats: answer.rival_distance !== null && answer.rival_distance - answer.distance < REPEATS,
  };
}

/**
 * @param {(number | null)[]} numbers rows as the server numbers them
 * @param {import("./clip.js").Clip} clip
 * @returns {Int32Array} rows of the clip
 */
function rowsOfClip(numbers, clip) {
  const place = new Map(clip.rows.map((number, row) => [number, row]));
  return Int32Array.from(numbers, (number) => (number === null ? -1 : (place.get(number) ?? -1)));
}
