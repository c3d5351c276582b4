/** The matching probability of the pairs over the time of the first clip. */

import { h, svg } from "../dom.js";
import { pairAt } from "./course.js";
import { listenToScrubbing } from "./scrubbing.js";
import { roundTicks } from "./ticks.js";
import { amount, chance, describePair } from "./words.js";

/** @typedef {import("./course.js").Course} Course */

const HEIGHT = 160;
/** Room for the labels of the axes, in CSS pixels; the slider keeps as far from the sides. */
const ROOM = { left: 44, right: 14, top: 20, bottom: 38 };
const TOPS = [0.1, 0.25, 0.5, 1];

/**
 * @param {Course} course
 * @param {{worst: number[], name: string, onSeek: (pair: number) => void}} options
 * @returns {{element: HTMLElement, update: (pair: number) => void, dispose: () => void}}
 */
export function createCurve(course, { worst, name, onSeek }) {
  const drawing = svg("svg", { class: "curve", role: "img", "aria-label": describe(course) });
  const cursor = svg("g", { class: "curve-cursor" });
  const tip = h("div", { class: "curve-tip numeric", hidden: true });
  const element = h("div", { class: "curve-box" }, drawing, tip);
  const top = TOPS.find((each) => each >= highest(course)) ?? 1;
  let width = 0;
  let shown = 0;

  const x = (/** @type {number} */ moment) =>
    ROOM.left + ((moment - course.start) / spanOf(course)) * (width - ROOM.left - ROOM.right);
  const y = (/** @type {number} */ value) =>
    HEIGHT - ROOM.bottom - (value / top) * (HEIGHT - ROOM.top - ROOM.bottom);
  const pairUnder = (/** @type {number} */ left) => {
    const share = (left - ROOM.left) / (width - ROOM.left - ROOM.right);
    return pairAt(course, course.start + share * spanOf(course) + frameHalf(course));
  };

  function draw() {
    drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    drawing.replaceChildren(
      ...axes(course, { x, y, top, width, name }),
      svg("path", { class: "curve-area", d: areaPath(course, x, y) }),
      svg("path", { class: "curve-line", d: linePath(course, x, y) }),
      svg("g", { class: "curve-singles" }, ...dots(course, x, y)),
      ...worst.map((pair, place) => mark(x(course.moments[pair]), y(course.smoothed[pair]), place)),
      cursor,
    );
    update(shown);
  }

  function update(/** @type {number} */ pair) {
    shown = pair;
    const left = x(course.moments[pair]);
    cursor.replaceChildren(
      svg("line", { x1: left, x2: left, y1: ROOM.top, y2: HEIGHT - ROOM.bottom }),
      svg("circle", { cx: left, cy: y(course.smoothed[pair]), r: 5 }),
    );
  }

  function showTip(/** @type {number} */ left) {
    const pair = pairUnder(left);
    tip.hidden = false;
    tip.textContent = `${describePair(course, pair)}; by itself ${chance(course.single[pair])}`;
    const middle = x(course.moments[pair]);
    tip.style.left = `${Math.min(Math.max(middle - tip.offsetWidth / 2, 0), width - tip.offsetWidth)}px`;
  }

  listenToScrubbing(drawing, {
    scrub: (left) => onSeek(pairUnder(left)),
    hover: showTip,
    leave: () => (tip.hidden = true),
  });
  const observer = new ResizeObserver(() => {
    if (element.clientWidth === width || !element.clientWidth) return;
    width = element.clientWidth;
    draw();
  });
  observer.observe(element);
  return { element, update, dispose: () => observer.disconnect() };
}

/** @param {Course} course */
function spanOf(course) {
  return course.moments[course.count - 1] - course.start || 1;
}

/** Half the distance of two pairs, so that the nearer one is taken. @param {Course} course */
function frameHalf(course) {
  return spanOf(course) / (2 * Math.max(course.count - 1, 1));
}

/** @param {Course} course */
function highest(course) {
  let most = 0;
  for (const values of [course.single, course.smoothed]) {
    for (const value of values) if (value > most) most = value;
  }
  return most;
}

function axes(course, { x, y, top, width, name }) {
  const values = [0, top / 2, top].map((value) => [
    svg("line", { class: "grid", x1: ROOM.left, x2: width - ROOM.right, y1: y(value), y2: y(value) }),
    text(ROOM.left - 8, y(value) + 4, String(value), "end"),
  ]);
  const { values: moments, digits } = roundTicks(course.start, course.start + spanOf(course), width / 90);
  const times = moments.map((moment) => [
    svg("line", { class: "tick", x1: x(moment), x2: x(moment), y1: y(0), y2: y(0) + 4 }),
    text(x(moment), y(0) + 18, moment.toFixed(digits), "middle"),
  ]);
  const unit = course.inSeconds ? "seconds" : "frame";
  const label = `${unit} in ${name.length > 40 ? `${name.slice(0, 39)}…` : name}`;
  return [
    ...values.flat(),
    ...times.flat(),
    text(ROOM.left, 12, "matching probability", "start"),
    text(width - ROOM.right, HEIGHT - 6, label, "end"),
  ];
}

function text(x, y, content, anchor) {
  return svg("text", { x, y, "text-anchor": anchor }, content);
}

/** @param {Course} course */
function linePath(course, x, y) {
  let path = "";
  for (let pair = 0; pair < course.count; pair += 1) {
    const [left, high] = [x(course.moments[pair]), y(course.smoothed[pair])];
    path += `${pair ? "L" : "M"}${left.toFixed(1)} ${high.toFixed(1)}`;
  }
  return path;
}

/** @param {Course} course */
function areaPath(course, x, y) {
  const last = course.moments[course.count - 1];
  return `${linePath(course, x, y)}L${x(last).toFixed(1)} ${y(0)}L${x(course.start)} ${y(0)}Z`;
}

/** Single frames as one path of dots: thousands of circles would be slow. @param {Course} course */
function dots(course, x, y) {
  let path = "";
  course.single.forEach((value, pair) => {
    if (Number.isFinite(value)) path += `M${x(course.moments[pair]).toFixed(1)} ${y(value).toFixed(1)}h0`;
  });
  return [svg("path", { d: path })];
}

/** @param {number} x @param {number} y @param {number} place */
function mark(x, y, place) {
  return svg(
    "g",
    { class: "curve-worst" },
    svg("circle", { cx: x, cy: y, r: 8 }),
    svg("text", { x, y: y + 3.5, "text-anchor": "middle" }, place + 1),
  );
}

/** @param {Course} course */
function describe(course) {
  let [low, high] = [0, 0];
  course.smoothed.forEach((value, pair) => {
    if (value < course.smoothed[low]) low = pair;
    if (value > course.smoothed[high]) high = pair;
  });
  const at = (/** @type {number} */ pair) =>
    `${chance(course.smoothed[pair])} at ${amount(course.timesA[pair], course.inSeconds)}`;
  return `Matching probability over time: highest ${at(high)}, lowest ${at(low)} of A`;
}
