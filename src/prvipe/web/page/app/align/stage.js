/** One clip as it is scrubbed: the source frame where there is one, the stick figure over it. */

import { h, svg } from "../dom.js";
import { boundsOf, drawPose } from "../skeleton.js";
import { personBounds, widen } from "./framing.js";
import { createFilm } from "./film.js";
import { createFrameStore } from "./frames.js";

/** @typedef {import("./clip.js").Clip} Clip */

/** Heights in which pictures are asked for, so that they can be used again. */
const HEIGHTS = [240, 480, 720, 1080];
/** Stroke of a figure, as a share of the person's height; thinner on pictures. */
const STROKE = 1 / 48;
const STROKE_ON_PICTURE = 1 / 72;

/**
 * @typedef {object} Stage
 * @property {HTMLElement} element
 * @property {(row: number, caption: string) => void} show row -1: nobody is seen
 * @property {(rows: number[]) => void} fetch pictures that will be wanted, most urgent first
 * @property {(options: {whole: boolean, figure: boolean}) => void} arrange
 * @property {() => void} dispose
 */

/**
 * @param {Clip} clip
 * @param {"A" | "B"} letter
 * @returns {Stage}
 */
export function createStage(clip, letter) {
  const canvas = h("canvas", { class: "stage-picture", "aria-hidden": "true" });
  const figure = svg("svg", { class: "stage-figure", role: "img" });
  const note = h("p", { class: "stage-note", hidden: true });
  const frames = clip.fetchFrames ? createFrameStore(clip.fetchFrames) : null;
  const film = clip.videoUrl ? createFilm(clip.videoUrl) : null;
  const moment = h("span", {});
  const caption = h("figcaption", { class: "stage-caption numeric" }, h("b", {}, letter), moment);
  const screen = h("div", { class: "stage-screen" }, film?.element, canvas, figure, note);
  const element = h("figure", { class: "clip-stage" }, screen, caption);

  const person = personBounds(clip.keypoints);
  const pictures = frames !== null || film !== null;
  const stroke = (person?.height ?? 1) * (pictures ? STROKE_ON_PICTURE : STROKE);
  element.classList.toggle("has-pictures", pictures);
  const frame = clip.size && { x: 0, y: 0, ...clip.size };
  let shown = -1;
  let options = { whole: false, figure: true };
  let view = frame ?? person ?? { x: 0, y: 0, width: 1, height: 1 };
  let tall = HEIGHTS[0];

  function frameView() {
    const { clientWidth: width, clientHeight: height } = screen;
    if (!width || !height) return;
    const inside = (options.whole ? frame : person) ?? person ?? view;
    view = widen(inside, width / height, clip.size);
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const needed = canvas.height * ((clip.size?.height ?? view.height) / view.height);
    tall = HEIGHTS.find((each) => each >= needed * 0.8) ?? HEIGHTS[HEIGHTS.length - 1];
    figure.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    film?.place(view, clip.size, { width, height });
  }

  function drawFigure() {
    const keypoints = shown < 0 ? [] : clip.keypoints[shown];
    if (!options.figure || shown < 0) figure.replaceChildren();
    else drawPose(figure, keypoints, { fit: null, size: stroke });
  }

  function paint() {
    const context = canvas.getContext("2d");
    const asked = frames !== null && shown >= 0;
    const picture = asked ? frames.get(shown, tall) : null;
    const failure = asked ? frames.failure(shown, tall) : "";
    canvas.classList.toggle("is-old", asked && !picture && !failure);
    if (picture) {
      const scale = picture.height / (clip.size?.height ?? picture.height);
      const [x, y, width, height] = [view.x, view.y, view.width, view.height].map(
        (side) => side * scale,
      );
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(picture, x, y, width, height, 0, 0, canvas.width, canvas.height);
    } else if (!asked || failure) {
      context.clearRect(0, 0, canvas.width, canvas.height);
    }
    say(shown < 0 ? "Nobody is seen in this frame." : failure);
  }

  function say(/** @type {string} */ text) {
    note.textContent = text;
    note.hidden = text === "";
  }

  frames?.onChange(paint);
  const observer = new ResizeObserver(() => {
    frameView();
    drawFigure();
    paint();
    element.dispatchEvent(new CustomEvent("framed"));
  });
  observer.observe(screen);

  return {
    element,
    show(row, words) {
      shown = row;
      moment.textContent = words;
      const seen = row < 0 ? 0 : clip.keypoints[row].filter((point) => point !== null).length;
      const what = seen ? `Pose with ${seen} of 13 joints` : "No pose";
      figure.setAttribute("aria-label", `${letter}, ${words}: ${what}`);
      drawFigure();
      film?.seek(row < 0 ? null : clip.times[row]);
      paint();
    },
    fetch: (rows) => frames?.want([...new Set(rows.filter((row) => row >= 0))], tall),
    arrange(next) {
      options = next;
      frameView();
      drawFigure();
      paint();
    },
    dispose() {
      observer.disconnect();
      film?.dispose();
      frames?.dispose();
    },
  };
}

/** @param {Clip} clip @returns {boolean} whether a frame and the person in it are not the same */
export function canZoom(clip) {
  const person = personBounds(clip.keypoints);
  return Boolean(clip.size && person && boundsOf(clip.keypoints.flat()) !== null);
}
