/** The slider along the alignment, and the buttons beside it. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { percent } from "../search/words.js";
import { describePair } from "./words.js";

/** @typedef {import("./course.js").Course} Course */
/** @typedef {import("./playhead.js").Playhead} Playhead */

/**
 * @param {Course} course
 * @param {Playhead} playhead
 * @returns {{slider: HTMLElement, buttons: HTMLElement,
 *   update: (pair: number, playing: boolean) => void}}
 */
export function createTransport(course, playhead) {
  const slider = h("input", {
    type: "range",
    class: "scrubber",
    min: course.start,
    max: course.moments[course.count - 1],
    step: "any",
    "aria-label": "Moment of both clips",
    "aria-describedby": "scrub-keys",
    oninput: () => playhead.seekMoment(Number(slider.value)),
    onkeydown: (/** @type {KeyboardEvent} */ event) => onKey(event, course, playhead),
  });
  const play = h("button", { type: "button", class: "button primary", onclick: playhead.toggle });
  const back = stepButton("left", "One pair of frames back", () => playhead.step(-1));
  const forth = stepButton("right", "One pair of frames on", () => playhead.step(1));
  const readout = h("output", { class: "scrub-readout numeric soft" });
  const keys = h(
    "p",
    { id: "scrub-keys", class: "visually-hidden" },
    "Arrow keys go by one pair of frames, page keys by one second, space plays and pauses.",
  );
  const buttons = h("div", { class: "transport-buttons" }, back, play, forth, readout);

  return {
    slider: h("div", { class: "scrubber-box" }, slider, keys),
    buttons,
    update(pair, playing) {
      slider.value = String(course.moments[pair]);
      slider.setAttribute("aria-valuetext", describePair(course, pair));
      readout.textContent = `pair ${pair + 1} of ${course.count}: ${percent(course.smoothed[pair])}`;
      readout.title = "Matching probability, averaged over time";
      play.replaceChildren(icon(playing ? "pause" : "play"), playing ? "Pause" : "Play");
      back.disabled = pair === 0;
      forth.disabled = pair === course.count - 1;
    },
  };
}

/**
 * @param {KeyboardEvent} event
 * @param {Course} course
 * @param {Playhead} playhead
 */
function onKey(event, course, playhead) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  /** @type {Record<string, () => void>} */
  const actions = {
    ArrowLeft: () => playhead.step(-1),
    ArrowDown: () => playhead.step(-1),
    ArrowRight: () => playhead.step(1),
    ArrowUp: () => playhead.step(1),
    PageUp: () => playhead.page(1),
    PageDown: () => playhead.page(-1),
    Home: () => playhead.seek(0),
    End: () => playhead.seek(course.count - 1),
    " ": playhead.toggle,
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

/** @param {"left" | "right"} name @param {string} label @param {() => void} onclick */
function stepButton(name, label, onclick) {
  const attributes = { type: "button", class: "icon-button", "aria-label": label, title: label };
  return h("button", { ...attributes, onclick }, icon(name));
}
