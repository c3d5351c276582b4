/** Which part of a frame is shown: all of it, or where the person is throughout a clip. */

/** @typedef {import("../store.js").Point} Point */
/** @typedef {{x: number, y: number, width: number, height: number}} Rectangle */

/** Share of the joints at either end that may lie outside: detectors err now and then. */
const OUTLIERS = 0.001;
/** Room around the person, as a share of the larger side. */
const MARGIN = 0.17;

/**
 * Where a person is throughout a clip, with some room around.
 *
 * @param {Point[][]} poses
 * @returns {Rectangle | null} null if no joint is known
 */
export function personBounds(poses) {
  const points = poses.flat().filter((point) => point !== null);
  if (points.length === 0) return null;
  const [left, right] = inner(points.map(([x]) => x));
  const [top, bottom] = inner(points.map(([, y]) => y));
  const margin = MARGIN * Math.max(right - left, bottom - top) || 1;
  return {
    x: left - margin,
    y: top - margin,
    width: right - left + 2 * margin,
    height: bottom - top + 2 * margin,
  };
}

/**
 * The smallest rectangle of a shape around another; moved back into the frame where it fits in.
 *
 * @param {Rectangle} inside
 * @param {number} aspect width by height
 * @param {{width: number, height: number} | null} frame
 * @returns {Rectangle}
 */
export function widen(inside, aspect, frame) {
  const width = Math.max(inside.width, inside.height * aspect);
  const height = Math.max(inside.height, inside.width / aspect);
  const x = inside.x + (inside.width - width) / 2;
  const y = inside.y + (inside.height - height) / 2;
  if (frame === null) return { x, y, width, height };
  return { x: within(x, width, frame.width), y: within(y, height, frame.height), width, height };
}

/** @param {number} start @param {number} length @param {number} room */
function within(start, length, room) {
  if (length > room) return (room - length) / 2;
  return Math.min(Math.max(start, 0), room - length);
}

/** @param {number[]} values @returns {[number, number]} the range without what lies far out */
function inner(values) {
  const sorted = Float64Array.from(values).sort();
  const skipped = Math.floor(sorted.length * OUTLIERS);
  return [sorted[skipped], sorted[sorted.length - 1 - skipped]];
}
