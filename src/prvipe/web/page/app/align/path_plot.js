/** Which frame of the one clip belongs to which of the other, as a path. */

import { h, svg } from "../dom.js";
import { pairNearest } from "./course.js";
import { listenToScrubbing } from "./scrubbing.js";

/** @typedef {import("./answer.js").Alignment} Alignment */

const SIDE = 200;
const ROOM = { left: 26, bottom: 26, top: 6, right: 6 };

/**
 * @param {Alignment} alignment
 * @param {[string, string]} names
 * @param {(pair: number) => void} onSeek
 * @returns {{element: HTMLElement, update: (pair: number) => void}}
 */
export function createPathPlot({ course, lengths }, names, onSeek) {
  const width = SIDE - ROOM.left - ROOM.right;
  const height = SIDE - ROOM.top - ROOM.bottom;
  const [last, lastB] = lengths.map((length) => Math.max(length - 1, 1));
  const x = (/** @type {number} */ place) => ROOM.left + (place / last) * width;
  const y = (/** @type {number} */ place) => SIDE - ROOM.bottom - (place / lastB) * height;
  const [right, upper] = [x(last), y(lastB)];

  const point = svg("circle", { class: "path-point", r: 5 });
  const drawing = svg(
    "svg",
    {
      class: "path-plot",
      viewBox: `0 0 ${SIDE} ${SIDE}`,
      role: "img",
      "aria-label": `Frames of B that belong to frames of A: ${describe(course, lengths)}`,
    },
    svg("rect", {
      class: "path-field",
      x: x(0),
      y: upper,
      width: right - x(0),
      height: y(0) - upper,
    }),
    svg("path", { class: "path-line", d: pathOf(course, x, y) }),
    point,
    svg("text", { x: (x(0) + right) / 2, y: SIDE - 8, "text-anchor": "middle" }, "A →"),
    svg("text", { x: 12, y: (y(0) + upper) / 2, "text-anchor": "middle", class: "upright" }, "B →"),
  );
  drawing.append(svg("title", {}, `A: ${names[0]}, B: ${names[1]}`));

  listenToScrubbing(drawing, {
    scrub(left, top) {
      const scale = SIDE / drawing.getBoundingClientRect().width;
      const placeA = ((left * scale - ROOM.left) / width) * last;
      const placeB = ((SIDE - ROOM.bottom - top * scale) / height) * lastB;
      onSeek(pairNearest(course, placeA, placeB));
    },
  });
  return {
    element: h("div", { class: "path-box" }, drawing),
    update(pair) {
      point.setAttribute("cx", x(course.placesA[pair]));
      point.setAttribute("cy", y(course.placesB[pair]));
    },
  };
}

/**
 * @param {import("./course.js").Course} course
 * @param {(place: number) => number} x
 * @param {(place: number) => number} y
 */
function pathOf(course, x, y) {
  let path = "";
  for (let pair = 0; pair < course.count; pair += 1) {
    const [left, high] = [x(course.placesA[pair]), y(course.placesB[pair])];
    path += `${pair ? "L" : "M"}${left.toFixed(2)} ${high.toFixed(2)}`;
  }
  return path;
}

/** @param {import("./course.js").Course} course @param {[number, number]} lengths */
function describe({ placesA, placesB, count }, lengths) {
  const part = (/** @type {Int32Array} */ places, /** @type {number} */ length) =>
    `${places[0] + 1} to ${places[count - 1] + 1} of ${length.toLocaleString("en")}`;
  return `A ${part(placesA, lengths[0])}, B ${part(placesB, lengths[1])}`;
}
