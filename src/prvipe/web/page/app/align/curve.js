/** The matching probability of the pairs over the time of the first clip. */

import { h, svg } from "../dom.js";
import { percent } from "../search/words.js";
import { pairAt } from "./course.js";
import { listenToScrubbing } from "./scrubbing.js";
import { roundTicks } from "./ticks.js";
import { amount, describePair } from "./words.js";

/** @typedef {import("./course.js").Course} Course */
/** @typedef {(value: number) => number} Scale a moment or a probability -> pixels */

/** Rem; so are the labels, and room for them. The slider keeps as far from the sides. */
const TALL = 10;
const MARGINS = { left: 2.75, right: 0.875, top: 1.25, bottom: 2.4 };
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
  let [rem, height, left, right, above, below] = [0, 0, 0, 0, 0, 0];

  function measure() {
    width = element.clientWidth;
    rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const { left: first, right: last, top: upper, bottom: lower } = MARGINS;
    const sizes = [TALL, first, last, upper, lower];
    [height, left, right, above, below] = sizes.map((each) => each * rem);
  }

  const x = (/** @type {number} */ moment) =>
    left + ((moment - course.start) / spanOf(course)) * (width - left - right);
  const y = (/** @type {number} */ value) =>
    height - below - (value / top) * (height - above - below);
  const pairUnder = (/** @type {number} */ place) => {
    const share = (place - left) / (width - left - right);
    return pairAt(course, course.start + share * spanOf(course) + frameHalf(course));
  };

  function draw() {
    const edges = { left, right: width - right, bottom: height, rem };
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawing.replaceChildren(
      ...axes(course, { x, y, top, name, edges }),
      svg("path", { class: "curve-area", d: areaPath(course, x, y) }),
      svg("path", { class: "curve-line", d: linePath(course, x, y) }),
      svg("g", { class: "curve-singles" }, ...dots(course, x, y)),
      ...worst.map((pair, place) =>
        mark(x(course.moments[pair]), y(course.smoothed[pair]), place + 1, rem),
      ),
      cursor,
    );
    update(shown);
  }

  function update(/** @type {number} */ pair) {
    shown = pair;
    const place = x(course.moments[pair]);
    cursor.replaceChildren(
      svg("line", { x1: place, x2: place, y1: above, y2: height - below }),
      svg("circle", { cx: place, cy: y(course.smoothed[pair]), r: rem / 3 }),
    );
  }

  function showTip(/** @type {number} */ place) {
    const pair = pairUnder(place);
    tip.hidden = false;
    tip.textContent = `${describePair(course, pair)}; by itself ${percent(course.single[pair])}`;
    const middle = x(course.moments[pair]);
    const most = width - tip.offsetWidth;
    tip.style.left = `${Math.min(Math.max(middle - tip.offsetWidth / 2, 0), most)}px`;
  }

  listenToScrubbing(drawing, {
    scrub: (place) => onSeek(pairUnder(place)),
    hover: showTip,
    leave: () => (tip.hidden = true),
  });
  const observer = new ResizeObserver(() => {
    if (element.clientWidth === width || !element.clientWidth) return;
    measure();
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

/**
 * @param {Course} course
 * @param {{x: Scale, y: Scale, top: number, name: string,
 *   edges: {left: number, right: number, bottom: number, rem: number}}} layout
 */
function axes(course, { x, y, top, name, edges }) {
  const { left, right, bottom, rem } = edges;
  const values = [0, top / 2, top].map((value) => [
    svg("line", { class: "grid", x1: left, x2: right, y1: y(value), y2: y(value) }),
    text(left - rem / 2, y(value) + rem / 4, `${100 * value} %`, "end"),
  ]);
  const most = (right - left) / (5.5 * rem);
  const { values: moments, digits } = roundTicks(course.start, course.start + spanOf(course), most);
  const times = moments.map((moment) => [
    svg("line", { class: "tick", x1: x(moment), x2: x(moment), y1: y(0), y2: y(0) + rem / 4 }),
    text(x(moment), y(0) + 1.1 * rem, moment.toFixed(digits), "middle"),
  ]);
  const unit = course.inSeconds ? "seconds" : "frame";
  const label = `${unit} in ${name.length > 40 ? `${name.slice(0, 39)}…` : name}`;
  return [
    ...values.flat(),
    ...times.flat(),
    text(left, 0.75 * rem, "matching probability", "start"),
    text(right, bottom - rem / 3, label, "end"),
  ];
}

/** @param {number} x @param {number} y @param {string} content @param {"start" | "middle" | "end"} anchor */
function text(x, y, content, anchor) {
  return svg("text", { x, y, "text-anchor": anchor }, content);
}

/** @param {Course} course @param {Scale} x @param {Scale} y */
function linePath(course, x, y) {
  let path = "";
  for (let pair = 0; pair < course.count; pair += 1) {
    const [left, high] = [x(course.moments[pair]), y(course.smoothed[pair])];
    path += `${pair ? "L" : "M"}${left.toFixed(1)} ${high.toFixed(1)}`;
  }
  return path;
}

/** @param {Course} course @param {Scale} x @param {Scale} y */
function areaPath(course, x, y) {
  const last = course.moments[course.count - 1];
  return `${linePath(course, x, y)}L${x(last).toFixed(1)} ${y(0)}L${x(course.start)} ${y(0)}Z`;
}

/** Single frames as one path of dots: thousands of circles would be slow. @param {Course} course @param {Scale} x @param {Scale} y */
function dots(course, x, y) {
  let path = "";
  course.single.forEach((value, pair) => {
    if (!Number.isFinite(value)) return;
    path += `M${x(course.moments[pair]).toFixed(1)} ${y(value).toFixed(1)}h0`;
  });
  return [svg("path", { d: path })];
}

/** @param {number} x @param {number} y @param {number} number @param {number} rem */
function mark(x, y, number, rem) {
  return svg(
    "g",
    { class: "curve-worst" },
    svg("circle", { cx: x, cy: y, r: rem / 2 }),
    svg("text", { x, y: y + 0.22 * rem, "text-anchor": "middle" }, number),
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
    `${percent(course.smoothed[pair])} at ${amount(course.timesA[pair], course.inSeconds)}`;
  return `Matching probability over time: highest ${at(high)}, lowest ${at(low)} of A`;
}
