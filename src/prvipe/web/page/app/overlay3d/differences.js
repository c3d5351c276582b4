/** How far apart two poses are, in words. */

import { JOINTS, jointName } from "../skeleton.js";

/** Up to here the benchmark counts two poses as the same (NP-MPJPE). */
const SAME = 0.1;

/** @param {number} distance - NP-MPJPE. @returns {string} one sentence. */
export function overall(distance) {
  const far = `On average the joints lie ${distance.toFixed(2)} torso lengths apart`;
  if (distance <= SAME) return `${far}: the same pose, as the benchmark counts it (up to 0.10).`;
  if (distance <= 2 * SAME) return `${far}: nearly the same pose (up to 0.10 counts as the same).`;
  if (distance <= 4 * SAME) return `${far}: alike, but not the same pose (up to 0.10 counts as the same).`;
  return `${far}: different poses (up to 0.10 counts as the same).`;
}

const GUESS = "is a guess, most of all of joints that were not seen";

/** @param {Pick<import("./frame.js").OverlayData, "query_estimated" | "hit_estimated">} data @returns {string} */
export function origin({ query_estimated: query, hit_estimated: hit }) {
  if (query && hit) return `Both are estimated from their keypoints: their depth ${GUESS}.`;
  if (query) return `The pose found was measured in space. The query is estimated from its keypoints: its depth ${GUESS}.`;
  if (hit) return `The query was measured in space. The pose found is estimated from its keypoints: its depth ${GUESS}.`;
  return "Both were measured in space.";
}

/**
 * @param {number[]} distances - of the 13 joints, in torso lengths.
 * @returns {{name: string, distance: number}[]} the farthest first.
 */
export function byDistance(distances) {
  return JOINTS.map((_, joint) => ({ name: jointName(joint), distance: distances[joint] })).sort(
    (a, b) => b.distance - a.distance,
  );
}
