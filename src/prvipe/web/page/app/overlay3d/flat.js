/** Both poses drawn as an SVG, where there is no WebGL. It turns as well. */

import { svg } from "../dom.js";

/**
 * @param {HTMLElement} root
 * @returns {import("./overlay.js").View}
 */
export function createFlatView(root) {
  const picture = svg("svg", { class: "overlay-picture", "aria-hidden": "true" });
  root.prepend(picture);
  /** @type {import("./parts.js").Parts} */
  let parts = { bones: [], balls: [], gaps: [], labels: [] };
  let line = "";

  return {
    kind: "flat",

    show(shown, colors) {
      parts = shown;
      line = colors.line;
    },

    render(orbit, width, height) {
      picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
      const place = (/** @type {import("./frame.js").Vector} */ point) => orbit.project(point, width, height);
      const shapes = [
        ...parts.gaps.map(([from, to]) => gap(place(from), place(to), line)),
        ...parts.bones.map(({ from, to, radius, color }) => bone(place(from), place(to), radius, color)),
        ...parts.balls.map(({ at, radius, color }) => ball(place(at), radius, color)),
      ];
      // Painted from the back to the front.
      shapes.sort((a, b) => b.depth - a.depth);
      picture.replaceChildren(...shapes.map(({ shape }) => shape));
    },

    dispose() {
      picture.remove();
    },
  };
}

/** @typedef {{left: number, top: number, depth: number, scale: number}} Place */

/** @param {Place} from @param {Place} to @param {number} radius @param {string} stroke */
function bone(from, to, radius, stroke) {
  const width = radius * (from.scale + to.scale);
  const shape = { x1: from.left, y1: from.top, x2: to.left, y2: to.top, stroke, "stroke-width": width };
  return { depth: (from.depth + to.depth) / 2, shape: svg("line", { ...shape, "stroke-linecap": "round" }) };
}

/** @param {Place} at @param {number} radius @param {string} fill */
function ball(at, radius, fill) {
  const shape = { cx: at.left, cy: at.top, r: radius * at.scale, fill };
  return { depth: at.depth, shape: svg("circle", shape) };
}

/** @param {Place} from @param {Place} to @param {string} stroke */
function gap(from, to, stroke) {
  const shape = { x1: from.left, y1: from.top, x2: to.left, y2: to.top, stroke };
  return {
    depth: Infinity,
    shape: svg("line", { ...shape, "stroke-width": 1.5, "stroke-dasharray": "4 3" }),
  };
}
