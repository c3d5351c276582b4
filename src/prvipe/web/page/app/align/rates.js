/** Clips of different frame rates, brought to about the same one before they are aligned. */

/** @typedef {import("./clip.js").Clip} Clip */

/** Rates that differ by less are left as they are: alignment bears up to three. */
const LEAST_RATIO = 1.7;

/**
 * The clips as they are asked for: of the one with more frames a second, every so many only.
 *
 * @param {[Clip, Clip]} clips
 * @returns {{clips: [Clip, Clip], note: string}} in words what was left out
 */
export function matchRates(clips) {
  const seconds = clips.map(secondsPerFrame);
  if (seconds.includes(null)) return { clips, note: "" };
  const ratio = /** @type {number} */ (seconds[1]) / /** @type {number} */ (seconds[0]);
  const side = ratio > 1 ? 0 : 1;
  const every = Math.round(Math.max(ratio, 1 / ratio));
  if (Math.max(ratio, 1 / ratio) < LEAST_RATIO || every < 2) return { clips, note: "" };
  const matched = /** @type {[Clip, Clip]} */ (
    clips.map((clip, place) => (place === side ? thin(clip, every) : clip))
  );
  const { name } = clips[side];
  const note = `One in ${every} frames of ${name} was taken, as the other has fewer a second.`;
  return { clips: matched, note };
}

/** @param {Clip} clip @returns {number | null} usual time from frame to frame; null if not known */
function secondsPerFrame({ times }) {
  const steps = [];
  for (let row = 1; row < times.length; row += 1) {
    const [before, now] = [times[row - 1], times[row]];
    if (before !== null && now !== null && now > before) steps.push(now - before);
  }
  steps.sort((one, other) => one - other);
  return steps.length ? steps[steps.length >> 1] : null;
}

/** @param {Clip} clip @param {number} every @returns {Clip} */
function thin(clip, every) {
  const kept = clip.keypoints.map((_, row) => row).filter((row) => row % every === 0);
  const scores = "poses" in clip.reference ? clip.reference.poses.scores : null;
  const poses = {
    skeleton: "coco13",
    keypoints: kept.map((row) => clip.keypoints[row]),
    scores: scores ? kept.map((row) => scores[row]) : null,
    fields: {
      frame: kept.map((row) => clip.frames[row]),
      time: kept.map((row) => clip.times[row]),
    },
  };
  const rows = clip.rows.map((_, row) => (row % every === 0 ? row / every : -1));
  return { ...clip, reference: { poses }, rows };
}
