/** The 13 joints of coco13, and how a pose is drawn. Left joints are filled, right ones hollow. */

import { svg } from "./dom.js";

/** @typedef {import("./store.js").Point} Point */

export const JOINTS = [
  "head",
  "left_shoulder",
  "right_shoulder",
  "left_elbow",
  "right_elbow",
  "left_wrist",
  "right_wrist",
  "left_hip",
  "right_hip",
  "left_knee",
  "right_knee",
  "left_ankle",
  "right_ankle",
];

/** Pairs of joint numbers that are joined by a bone. @type {[number, number][]} */
export const EDGES = [
  [0, 1], [0, 2], // neck
  [1, 2], [7, 8], [1, 7], [2, 8], // torso
  [1, 3], [3, 5], [2, 4], [4, 6], // arms
  [7, 9], [9, 11], [8, 10], [10, 12], // legs
];

/** Joint -> the one on the other side; the head is its own. */
export const MIRRORED = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11];

/** Joint -> those that hang on it, as the wrist does on the elbow. */
export const FOLLOWERS = [[], [3, 5], [4, 6], [5], [6], [], [], [9, 11], [10, 12], [11], [12], [], []];

/** @param {...number} joints @returns {"left" | "right" | "center"} the side that all lie on */
export function sideOf(...joints) {
  const sides = new Set(joints.map((joint) => JOINTS[joint].split("_")[0]));
  const [side] = sides;
  return sides.size === 1 && (side === "left" || side === "right") ? side : "center";
}

/** @param {number} joint @returns {string} as in "left elbow" */
export function jointName(joint) {
  return JOINTS[joint].replace("_", " ");
}

/** @param {Point[]} keypoints @returns {{x: number, y: number, width: number, height: number} | null} */
export function boundsOf(keypoints) {
  const known = keypoints.filter((point) => point !== null);
  if (known.length === 0) return null;
  const xs = known.map(([x]) => x);
  const ys = known.map(([, y]) => y);
  // Not `Math.min(...xs)`: the poses of a file are too many to be arguments.
  const least = (/** @type {number[]} */ values) => values.reduce((a, b) => Math.min(a, b));
  const most = (/** @type {number[]} */ values) => values.reduce((a, b) => Math.max(a, b));
  const [x, y] = [least(xs), least(ys)];
  return { x, y, width: most(xs) - x, height: most(ys) - y };
}

/**
 * Move and scale a pose into a box, centred, its proportions kept.
 *
 * @param {Point[]} keypoints
 * @param {{width: number, height: number, margin: number}} box
 * @returns {Point[]}
 */
export function fitPose(keypoints, { width, height, margin }) {
  const bounds = boundsOf(keypoints);
  if (bounds === null) return keypoints.map(() => null);
  const room = [width - 2 * margin, height - 2 * margin];
  const scale = Math.min(room[0] / (bounds.width || 1e-9), room[1] / (bounds.height || 1e-9));
  const used = Number.isFinite(scale) && scale < 1e9 ? scale : 1;
  const left = (width - bounds.width * used) / 2;
  const top = (height - bounds.height * used) / 2;
  return keypoints.map(
    (point) => point && [left + (point[0] - bounds.x) * used, top + (point[1] - bounds.y) * used],
  );
}

/**
 * Draw a pose into an SVG element (emptied first) or onto a 2D canvas.
 *
 * Parts of an SVG have the classes bone, joint, left, right, center, head; style/base.css colours
 * them. A canvas takes the same colours from the page.
 *
 * @param {SVGElement | HTMLCanvasElement} target
 * @param {Point[]} keypoints 13 joints
 * @param {object} [options]
 * @param {{width: number, height: number, margin: number} | null} [options.fit] box to fill; null
 *   draws where the keypoints stand. By default the viewBox, or the canvas
 * @param {number} [options.size] of strokes, in the target's units; by default 1/40 of its height
 */
export function drawPose(target, keypoints, options = {}) {
  const box = boxOf(target);
  const size = options.size ?? box.height / 40;
  const fit = options.fit === undefined ? { ...box, margin: box.height * 0.1 } : options.fit;
  const points = fit === null ? keypoints : fitPose(keypoints, fit);
  if (target instanceof HTMLCanvasElement) drawOnCanvas(target, points, size);
  else target.replaceChildren(...poseElements(points, size));
}

/** @param {SVGElement | HTMLCanvasElement} target @returns {{width: number, height: number}} */
function boxOf(target) {
  if (target instanceof HTMLCanvasElement) return { width: target.width, height: target.height };
  const box = /** @type {SVGSVGElement} */ (target).viewBox?.baseVal;
  return box && box.height > 0 ? { width: box.width, height: box.height } : { width: 100, height: 100 };
}

/** @param {Point[]} points @param {number} size @returns {SVGElement[]} */
function poseElements(points, size) {
  const bones = [];
  for (const [first, second] of EDGES) {
    const [a, b] = [points[first], points[second]];
    if (!a || !b) continue;
    const shape = { x1: a[0], y1: a[1], x2: b[0], y2: b[1], "stroke-width": size };
    bones.push(svg("line", { class: `bone ${sideOf(first, second)}`, ...shape }));
  }
  const joints = points.map((point, joint) => {
    if (!point) return null;
    const radius = joint === 0 ? size * 2.2 : size * 1.05;
    const shape = { cx: point[0], cy: point[1], r: radius, "stroke-width": size * 0.6 };
    const kind = joint === 0 ? "joint head" : "joint";
    return svg("circle", { class: `${kind} ${sideOf(joint)}`, ...shape });
  });
  return [...bones, ...joints.filter((joint) => joint !== null)];
}

/** @param {HTMLCanvasElement} canvas @param {Point[]} points @param {number} size */
function drawOnCanvas(canvas, points, size) {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const style = getComputedStyle(canvas);
  const colors = {
    left: style.getPropertyValue("--left-solid") || "#0072B2",
    right: style.getPropertyValue("--right-solid") || "#D55E00",
    center: style.getPropertyValue("--center-solid") || "#4D4D4D",
  };
  context.lineCap = "round";
  for (const [first, second] of EDGES) {
    const [a, b] = [points[first], points[second]];
    if (!a || !b) continue;
    context.strokeStyle = colors[sideOf(first, second)];
    context.lineWidth = size;
    context.beginPath();
    context.moveTo(a[0], a[1]);
    context.lineTo(b[0], b[1]);
    context.stroke();
  }
  points.forEach((point, joint) => {
    if (!point) return;
    const side = sideOf(joint);
    context.beginPath();
    context.arc(point[0], point[1], joint === 0 ? size * 2.2 : size * 1.05, 0, 2 * Math.PI);
    context.fillStyle = side === "right" ? "#ffffff" : colors[side];
    context.strokeStyle = colors[side];
    context.lineWidth = size * 0.6;
    context.fill();
    context.stroke();
  });
}
