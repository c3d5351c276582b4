/** What can be done to a pose. Pure: a new pose comes back, coordinates are the editor's. */

import { boundsOf, fitPose, FOLLOWERS, MIRRORED } from "../skeleton.js";

/** @typedef {import("../store.js").Point} Point */

/** Side of the square in which poses are edited. */
export const SIZE = 1000;
const MARGIN = 90;

/** Move and scale a pose so that it fills the square. @param {Point[]} pose */
export function fit(pose) {
  return fitPose(pose, { width: SIZE, height: SIZE, margin: MARGIN });
}

/**
 * Move a joint, and those that hang on it.
 *
 * @param {Point[]} pose
 * @param {number} joint
 * @param {number} dx
 * @param {number} dy
 * @param {boolean} withFollowers
 * @returns {Point[]}
 */
export function move(pose, joint, dx, dy, withFollowers) {
  const moved = withFollowers ? [joint, ...FOLLOWERS[joint]] : [joint];
  return pose.map((point, each) =>
    point && moved.includes(each) ? inside([point[0] + dx, point[1] + dy]) : point,
  );
}

/** The mirror image: another person, whose left is where the right was. @param {Point[]} pose @returns {Point[]} */
export function mirror(pose) {
  const bounds = boundsOf(pose);
  if (bounds === null) return pose;
  const sum = 2 * bounds.x + bounds.width;
  return swapSides(pose).map((point) => point && [sum - point[0], point[1]]);
}

/** What is left becomes right, in place: for who was seen from the back. @param {Point[]} pose @returns {Point[]} */
export function swapSides(pose) {
  return pose.map((_, joint) => pose[MIRRORED[joint]]);
}

/** Turn in the image, clockwise. @param {Point[]} pose @param {number} degrees */
export function rotate(pose, degrees) {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return about(pose, (x, y) => [x * cos - y * sin, x * sin + y * cos]);
}

/** @param {Point[]} pose @param {number} factor */
export function scale(pose, factor) {
  return about(pose, (x, y) => [x * factor, y * factor]);
}

/** @param {Point[]} pose @param {number} joint */
export function hide(pose, joint) {
  return pose.map((point, each) => (each === joint ? null : point));
}

/**
 * Show a joint.
 *
 * @param {Point[]} pose
 * @param {number} joint
 * @param {Point} at
 */
export function show(pose, joint, at) {
  return pose.map((point, each) => (each === joint && at ? inside(at) : point));
}

/**
 * Where each joint would be in someone who stands where the pose is: for those that were never seen.
 *
 * @param {Point[]} pose
 * @param {Point[]} standing all its joints are known
 * @returns {Point[]}
 */
export function guessJoints(pose, standing) {
  const known = pose.map((_, joint) => joint).filter((joint) => pose[joint]);
  const at = (/** @type {Point[]} */ points, /** @type {number} */ joint) => points[joint] ?? [0, 0];
  const middle = (/** @type {Point[]} */ points, /** @type {number} */ axis) =>
    known.reduce((sum, joint) => sum + at(points, joint)[axis], 0) / known.length;
  const [from, to] = [standing, pose].map((points) => [middle(points, 0), middle(points, 1)]);
  const spread = (/** @type {Point[]} */ points, /** @type {number[]} */ [x, y]) =>
    Math.hypot(...known.flatMap((joint) => [at(points, joint)[0] - x, at(points, joint)[1] - y]));
  const size = known.length > 1 ? spread(pose, to) / (spread(standing, from) || 1) : 1;
  return standing.map((_, joint) => {
    const place = at(standing, joint);
    return inside([0, 1].map((axis) => to[axis] + (place[axis] - from[axis]) * size));
  });
}

/** @param {Point[]} a @param {Point[]} b */
export function same(a, b) {
  return a.every((point, joint) => {
    const other = b[joint];
    return point && other ? point[0] === other[0] && point[1] === other[1] : point === other;
  });
}

/** @param {Point[]} pose @param {(x: number, y: number) => number[]} change about the middle */
function about(pose, change) {
  const bounds = boundsOf(pose);
  if (bounds === null) return pose;
  const [x, y] = [bounds.x + bounds.width / 2, bounds.y + bounds.height / 2];
  const changed = pose.map((point) => {
    if (!point) return null;
    const [dx, dy] = change(point[0] - x, point[1] - y);
    return /** @type {[number, number]} */ ([x + dx, y + dy]);
  });
  const fits = changed.every((point) => !point || inside(point).every((at, axis) => at === point[axis]));
  return fits ? changed : fit(changed);
}

/** @param {number[]} point @returns {[number, number]} */
function inside([x, y]) {
  const least = 26; // a joint can be seen whole
  const clamp = (/** @type {number} */ value) => Math.min(SIZE - least, Math.max(least, value));
  return [clamp(x), clamp(y)];
}
