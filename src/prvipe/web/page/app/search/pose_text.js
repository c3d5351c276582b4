/** A pose as text: short for addresses, JSON for the clipboard. */

import { fitPose, JOINTS } from "../skeleton.js";

/** @typedef {import("../store.js").Point} Point */

const SIZE = 1000;

/**
 * Write a pose as in `500.83.420.180._`: x.y of each joint, in thousandths of its box.
 *
 * @param {Point[]} keypoints 13 joints, any unit
 * @returns {string}
 */
export function encodePose(keypoints) {
  const fitted = fitPose(keypoints, { width: SIZE, height: SIZE, margin: 0 });
  return fitted
    .map((point) => (point ? point.map((value) => Math.round(value)).join(".") : "_"))
    .join(".");
}

/** @param {string} text @returns {Point[] | null} null if it is none */
export function decodePose(text) {
  const parts = text.split(".");
  /** @type {Point[]} */
  const keypoints = [];
  for (let place = 0; place < parts.length; ) {
    if (parts[place] === "_") {
      keypoints.push(null);
      place += 1;
    } else {
      if (!/^\d{1,4}$/.test(parts[place]) || !/^\d{1,4}$/.test(parts[place + 1] ?? "")) return null;
      keypoints.push([Number(parts[place]), Number(parts[place + 1])]);
      place += 2;
    }
  }
  return keypoints.length === JOINTS.length && keypoints.some(Boolean) ? keypoints : null;
}

/** @param {Point[]} keypoints @returns {string} JSON, as `Poses` bodies have it */
export function poseToJson(keypoints) {
  const rounded = keypoints.map((point) => point && point.map((value) => Math.round(value * 10) / 10));
  return JSON.stringify({ skeleton: "coco13", keypoints: [rounded] });
}

/**
 * Read a pose from JSON: `{"skeleton", "keypoints": [[[x, y], ...]]}`, or the 13 points alone.
 *
 * @param {string} text
 * @returns {Point[]}
 * @throws {Error} saying what is wrong
 */
export function poseFromJson(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("This is no JSON. Copy a pose here or in another program first.");
  }
  if (value?.skeleton !== undefined && value.skeleton !== "coco13") {
    throw new Error(`The pose is of skeleton ${value.skeleton}; only coco13 can be pasted.`);
  }
  let points = value?.poses?.keypoints ?? value?.keypoints ?? value;
  if (Array.isArray(points?.[0]?.[0])) points = points[0];
  if (!Array.isArray(points) || points.length !== JOINTS.length) {
    throw new Error(`Expected ${JOINTS.length} joints, each [x, y] or null.`);
  }
  const pose = points.map(pointOf);
  if (!pose.some(Boolean)) throw new Error("No joint of the pose is known.");
  return pose;
}

/** @param {any} value @param {number} joint @returns {Point} */
function pointOf(value, joint) {
  if (value === null) return null;
  if (Array.isArray(value) && value.length >= 2 && value.slice(0, 2).every(Number.isFinite)) {
    return [value[0], value[1]];
  }
  throw new Error(`${JOINTS[joint]}: expected [x, y] or null.`);
}
