/** Which joint is pointed at, wherever that is done: in a figure or in the list. */

/**
 * @typedef {object} JointLink
 * @property {(joint: number | null) => void} point for as long as one points; null: no longer
 * @property {(joint: number) => void} pin until it is pinned once more, or another one is
 * @property {() => number | null} pinned
 * @property {(listener: (joint: number | null) => void) => void} subscribe
 */

/** @returns {JointLink} */
export function createJointLink() {
  /** @type {((joint: number | null) => void)[]} */
  const listeners = [];
  /** @type {number | null} */
  let pointed = null;
  /** @type {number | null} */
  let pinned = null;
  const tell = () => listeners.forEach((listener) => listener(pointed ?? pinned));

  return {
    point(joint) {
      pointed = joint;
      tell();
    },
    pin(joint) {
      pinned = pinned === joint ? null : joint;
      tell();
    },
    pinned: () => pinned,
    subscribe: (listener) => void listeners.push(listener),
  };
}
