/** Where on the course the page is, and how it moves: by steps, by seeking, or by playing. */

import { pairAt } from "./course.js";

/** How far a page key goes, in seconds; in frames where times are unknown. */
const PAGE_SECONDS = 1;
const PAGE_FRAMES = 25;
/** Frames that are played each second where times are unknown. */
const FRAMES_PER_SECOND = 25;
/** A tab that was away goes on where it was, it does not jump ahead. */
const LONGEST_TICK = 0.25;

/**
 * @typedef {object} Playhead
 * @property {() => number} pair
 * @property {() => boolean} playing
 * @property {(pair: number) => void} seek
 * @property {(moment: number) => void} seekMoment
 * @property {(pairs: number) => void} step
 * @property {(direction: -1|1) => void} page
 * @property {() => void} toggle
 * @property {() => void} pause
 * @property {(listener: (pair: number, playing: boolean) => void) => () => void} subscribe
 */

/**
 * @param {import("./course.js").Course} course
 * @returns {Playhead}
 */
export function createPlayhead(course) {
  /** @type {Set<(pair: number, playing: boolean) => void>} */
  const listeners = new Set();
  let pair = 0;
  let moment = course.start;
  let tick = 0;

  const tell = () => listeners.forEach((listener) => listener(pair, tick !== 0));

  function move(/** @type {number} */ to) {
    const next = Math.min(Math.max(to, 0), course.count - 1);
    moment = course.moments[next];
    if (next === pair) return;
    pair = next;
    tell();
  }

  function play() {
    if (pair === course.count - 1) move(0);
    let before = performance.now();
    const pace = course.inSeconds ? 1 : FRAMES_PER_SECOND;
    const advance = (/** @type {number} */ now) => {
      const passed = Math.min((now - before) / 1000, LONGEST_TICK);
      before = now;
      moment += passed * pace;
      const next = pairAt(course, moment);
      const ended = moment >= course.end;
      tick = ended ? 0 : requestAnimationFrame(advance);
      if (next !== pair || ended) {
        pair = next;
        tell();
      }
    };
    tick = requestAnimationFrame(advance);
    tell();
  }

  function pause() {
    if (!tick) return;
    cancelAnimationFrame(tick);
    tick = 0;
    tell();
  }

  return {
    pair: () => pair,
    playing: () => tick !== 0,
    seek: move,
    seekMoment: (to) => move(pairAt(course, to)),
    step: (pairs) => move(pair + pairs),
    page(direction) {
      const span = course.inSeconds ? PAGE_SECONDS : PAGE_FRAMES;
      const next = pairAt(course, course.moments[pair] + direction * span);
      move(next === pair ? pair + direction : next);
    },
    toggle: () => (tick ? pause() : play()),
    pause,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
