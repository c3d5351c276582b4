/** Two aligned clips, scrubbed together. */

import { h } from "../dom.js";
import { worstPairs } from "./course.js";
import { createCurve } from "./curve.js";
import { pairsAround } from "./frames.js";
import { createPathPlot } from "./path_plot.js";
import { createPlayhead } from "./playhead.js";
import { canZoom, createStage } from "./stage.js";
import { createTransport } from "./transport.js";
import { amount } from "./words.js";
import { createWorstList } from "./worst_list.js";

/** @typedef {import("./answer.js").Alignment} Alignment */
/** @typedef {import("./clip.js").Clip} Clip */

const WORST = 5;
/** Moments that are listed as worst are so far apart: seconds, or frames. */
const APART_SECONDS = 0.3;
const APART_FRAMES = 10;
/** Moments in addresses are rounded, perhaps down. */
const ROUNDED = 0.0006;

/**
 * @param {Alignment} alignment with two pairs or more
 * @param {[Clip, Clip]} clips
 * @param {{moment: number | null, onMove: (pair: number) => void}} options where to begin
 * @returns {{screen: HTMLElement, worst: HTMLElement, path: HTMLElement, dispose: () => void}}
 */
export function createPlayer(alignment, clips, { moment, onMove }) {
  const { course, rows } = alignment;
  const names = /** @type {[string, string]} */ (clips.map((clip) => clip.name));
  const playhead = createPlayhead(course);
  const stages = clips.map((clip, side) => createStage(clip, side ? "B" : "A"));
  const apart = course.inSeconds ? APART_SECONDS : APART_FRAMES;
  const worst = worstPairs(course, WORST, apart);
  const seek = (/** @type {number} */ pair) => {
    playhead.pause();
    playhead.seek(pair);
  };
  const curve = createCurve(course, { worst, name: names[0], onSeek: seek });
  const path = createPathPlot(alignment, names, seek);
  const list = createWorstList(alignment, clips, worst, seek);
  const transport = createTransport(course, playhead);
  const parts = [curve, path, list];
  let before = 0;

  function show(/** @type {number} */ pair, /** @type {boolean} */ playing) {
    stages.forEach((stage, side) => stage.show(rows[side][pair], caption(course, side, pair)));
    transport.update(pair, playing);
    for (const part of parts) part.update(pair);
    fetchAround(pair, pair < before ? -1 : 1);
    before = pair;
    onMove(pair);
  }

  function fetchAround(/** @type {number} */ pair, /** @type {-1 | 1} */ direction) {
    const pairs = pairsAround(pair, course.count, direction);
    stages.forEach((stage, side) => stage.fetch(pairs.map((each) => rows[side][each])));
  }

  for (const stage of stages) {
    stage.element.addEventListener("framed", () => fetchAround(playhead.pair(), 1));
  }
  playhead.subscribe(show);
  if (moment !== null) playhead.seekMoment(moment + ROUNDED);
  show(playhead.pair(), false);

  return {
    screen: h(
      "section",
      { class: "player panel", "aria-label": "Both clips" },
      h("div", { class: "stages" }, ...stages.map((stage) => stage.element)),
      h("div", { class: "player-bar" }, transport.buttons, arrangement(stages, clips)),
      transport.slider,
      curve.element,
    ),
    worst: list.element,
    path: path.element,
    dispose() {
      playhead.pause();
      curve.dispose();
      for (const stage of stages) stage.dispose();
    },
  };
}

/**
 * The choice of what of a frame is shown.
 *
 * @param {ReturnType<typeof createStage>[]} stages
 * @param {import("./clip.js").Clip[]} clips
 */
function arrangement(stages, clips) {
  const whole = checkbox("Whole frame", false);
  const figure = checkbox("Stick figure", true);
  const apply = () => {
    const options = { whole: whole.input.checked, figure: figure.input.checked };
    for (const stage of stages) stage.arrange(options);
  };
  whole.input.addEventListener("change", apply);
  figure.input.addEventListener("change", apply);
  const pictures = clips.some((clip) => clip.fetchFrames || clip.videoUrl);
  return h(
    "div",
    { class: "arrangement" },
    clips.some(canZoom) && whole.element,
    pictures && figure.element,
  );
}

/** @param {string} label @param {boolean} checked */
function checkbox(label, checked) {
  const input = h("input", { type: "checkbox", checked });
  return { input, element: h("label", { class: "check" }, input, label) };
}

/** @param {import("./course.js").Course} course @param {number} side @param {number} pair */
function caption(course, side, pair) {
  const frame = (side ? course.framesB : course.framesA)[pair];
  const time = (side ? course.timesB : course.timesA)[pair];
  const words = `frame ${frame.toLocaleString("en")}`;
  return course.inSeconds ? `${words} · ${amount(time, true)}` : words;
}
