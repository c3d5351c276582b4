/** What is drawn of both poses, the same with and without WebGL. */

import { EDGES, sideOf } from "../skeleton.js";

/**
 * @typedef {import("./frame.js").Vector} Vector
 * @typedef {{query: string, hit: string, ground: string, line: string}} Colors - as in rgb(1, 2, 3).
 * @typedef {"query" | "hit"} Who
 * @typedef {{who: Who, from: Vector, to: Vector, radius: number, color: string}} Bone
 * @typedef {{who: Who, at: Vector, radius: number, color: string}} Ball
 * @typedef {{bones: Bone[], balls: Ball[], gaps: [Vector, Vector][], labels: {at: Vector, text: string}[]}} Parts
 */

const BONE = 0.045;
const JOINT = 0.07;
const HEAD = 0.17;
const PALE = 0.45; // how much of the ground is in the colour of right limbs
const LABELLED = { 5: "L", 6: "R", 11: "L", 12: "R" };

/**
 * @param {{query: Vector[], hit: Vector[]}} poses
 * @param {Colors} colors
 * @returns {Parts} radii in torso lengths.
 */
export function partsOf(poses, colors) {
  /** @type {Parts} */
  const parts = { bones: [], balls: [], gaps: [], labels: [] };
  for (const who of /** @type {Who[]} */ (["query", "hit"])) {
    const joints = poses[who];
    for (const [first, second] of EDGES) {
      const color = colorOf(colors[who], colors.ground, first, second);
      parts.bones.push({ who, from: joints[first], to: joints[second], radius: BONE, color });
    }
    joints.forEach((at, joint) => {
      const color = colorOf(colors[who], colors.ground, joint);
      parts.balls.push({ who, at, radius: joint === 0 ? HEAD : JOINT, color });
    });
  }
  parts.gaps = poses.query.map((joint, place) => [joint, poses.hit[place]]);
  parts.labels = Object.entries(LABELLED).map(([joint, text]) => ({ at: poses.query[Number(joint)], text }));
  return parts;
}

/** @param {string} color @param {string} ground @param {...number} joints */
function colorOf(color, ground, ...joints) {
  return sideOf(...joints) === "right" ? mixed(color, ground, PALE) : color;
}

/** @param {string} first @param {string} second @param {number} share - of the second. */
function mixed(first, second, share) {
  const [a, b] = [first, second].map((color) => (color.match(/[\d.]+/g) ?? []).map(Number));
  return `rgb(${[0, 1, 2].map((channel) => Math.round(a[channel] + share * (b[channel] - a[channel]))).join(", ")})`;
}
