/** Both poses in one frame, whatever frame the server gives: the body's own, at rest in the middle. */

const LEFT_SHOULDER = 1;
const RIGHT_SHOULDER = 2;
const LEFT_HIP = 7;
const RIGHT_HIP = 8;

/**
 * @typedef {[number, number, number]} Vector
 *
 * @typedef {object} OverlayData - the answer of `POST /v1/overlay`.
 * @property {Vector[]} query - 13 joints of coco13.
 * @property {Vector[]} hit - likewise, laid over the query.
 * @property {boolean} query_estimated
 * @property {boolean} hit_estimated
 * @property {number} np_mpjpe
 * @property {number[]} distances - of every joint, in torso lengths.
 */

/**
 * Turns both poses as the query's body needs it: x to the person's left, y up the trunk, z to the
 * front, the middle of all joints at 0.
 *
 * @param {OverlayData} data
 * @returns {{query: Vector[], hit: Vector[]}}
 */
export function inBodyFrame({ query, hit }) {
  const axes = bodyAxes(query);
  const turn = (/** @type {Vector} */ joint) => /** @type {Vector} */ (axes.map((axis) => dot(axis, joint)));
  const turned = { query: query.map(turn), hit: hit.map(turn) };
  const middle = middleOf([...turned.query, ...turned.hit]);
  return {
    query: turned.query.map((joint) => minus(joint, middle)),
    hit: turned.hit.map((joint) => minus(joint, middle)),
  };
}

/** @param {Vector[]} joints @returns {Vector[]} unit vectors to the left, up and to the front. */
function bodyAxes(joints) {
  const shoulders = mean(joints[LEFT_SHOULDER], joints[RIGHT_SHOULDER]);
  const up = unit(minus(shoulders, mean(joints[LEFT_HIP], joints[RIGHT_HIP])));
  const across = minus(
    mean(joints[LEFT_SHOULDER], joints[LEFT_HIP]),
    mean(joints[RIGHT_SHOULDER], joints[RIGHT_HIP]),
  );
  const front = unit(cross(across, up));
  return [cross(up, front), up, front];
}

/** @param {Vector[]} joints @returns {Vector} of the box around them. */
function middleOf(joints) {
  const along = (/** @type {number} */ axis) => joints.map((joint) => joint[axis]);
  return /** @type {Vector} */ (
    [0, 1, 2].map((axis) => (Math.min(...along(axis)) + Math.max(...along(axis))) / 2)
  );
}

/** @param {Vector} a @param {Vector} b @returns {Vector} */
const minus = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

/** @param {Vector} a @param {Vector} b @returns {Vector} */
const mean = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];

/** @param {Vector} a @param {Vector} b */
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** @param {Vector} a @param {Vector} b @returns {Vector} */
const cross = (a, b) => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** @param {Vector} a @returns {Vector} */
function unit(a) {
  const length = Math.hypot(...a) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
}
