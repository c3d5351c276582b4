/** Two poses in one scene: the query and a hit laid over it. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { byDistance, origin, overall } from "./differences.js";
import { inBodyFrame } from "./frame.js";
import { createFlatView } from "./flat.js";
import { listenTurning, Orbit } from "./orbit.js";
import { partsOf } from "./parts.js";

/**
 * @typedef {import("./frame.js").OverlayData} OverlayData
 * @typedef {object} View - draws, with or without WebGL.
 * @property {"solid" | "flat"} kind
 * @property {(parts: import("./parts.js").Parts, colors: import("./parts.js").Colors) => void} show
 * @property {(orbit: Orbit, width: number, height: number) => void} render
 * @property {() => void} dispose
 */

const TURN = 0.5; // radians a second
const SIDES = { Front: [0, 0.1], "Their left": [Math.PI / 2, 0.1], Back: [Math.PI, 0.1], Above: [0, 1.4] };

/**
 * Shows both poses, a legend, and how far apart they are in words.
 *
 * @param {HTMLElement} root - emptied and filled.
 * @param {OverlayData} data
 * @returns {{update: (data: OverlayData) => void, dispose: () => void}}
 */
export function createOverlay(root, data) {
  const labels = h("div", { class: "overlay-labels", "aria-hidden": "true" });
  const stage = h(
    "div",
    {
      class: "overlay-stage",
      tabindex: "0",
      role: "application",
      "aria-roledescription": "3D view",
      "aria-label": "Both poses in space. Arrow keys turn them, plus and minus zoom, 0 starts again.",
    },
    labels,
  );
  const spin = h("button", { type: "button", class: "button", "aria-pressed": "false", onclick: toggleSpin }, "Turn by itself");
  const texts = h("div", { class: "overlay-texts" });
  root.classList.add("overlay");
  root.replaceChildren(h("div", { class: "overlay-scene" }, stage, buttons()), texts);

  /** @type {View | null} null until the library that draws is there. */
  let view = null;
  let disposed = false;
  let poses = inBodyFrame(data);
  let orbit = new Orbit([...poses.query, ...poses.hit]);
  let parts = partsOf(poses, colors());
  let frame = 0;
  let spinning = 0;

  listenTurning(stage, orbit, redraw);
  const resizing = new ResizeObserver(redraw);
  resizing.observe(stage);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", recolor);
  addEventListener("themechange", recolor);
  stage.addEventListener("webglcontextlost", fallBack, true);
  tell();
  void start();

  async function start() {
    const made = await createView(stage);
    if (disposed) {
      made.dispose();
      return;
    }
    view = made;
    recolor();
  }

  function buttons() {
    const sides = Object.entries(SIDES).map(([text, [azimuth, elevation]]) =>
      h("button", { type: "button", class: "button", onclick: () => look(azimuth, elevation) }, text),
    );
    const reset = h("button", { type: "button", class: "button", onclick: startAgain }, icon("reset"), "Reset");
    return h("div", { class: "overlay-buttons", role: "group", "aria-label": "View" }, ...sides, spin, reset);
  }

  /** @param {number} azimuth @param {number} elevation */
  function look(azimuth, elevation) {
    orbit.look(azimuth, elevation);
    redraw();
  }

  function startAgain() {
    if (spinning !== 0) toggleSpin();
    orbit.reset();
    redraw();
  }

  function toggleSpin() {
    if (spinning !== 0) {
      cancelAnimationFrame(spinning);
      spinning = 0;
    } else {
      let before = performance.now();
      const step = (/** @type {number} */ now) => {
        orbit.turn((-TURN * (now - before)) / 1000, 0);
        before = now;
        redraw();
        spinning = requestAnimationFrame(step);
      };
      spinning = requestAnimationFrame(step);
    }
    spin.setAttribute("aria-pressed", String(spinning !== 0));
  }

  /** @returns {import("./parts.js").Colors} */
  function colors() {
    const style = getComputedStyle(stage);
    const [query, hit, ground, line] = ["query", "hit", "ground", "line"].map((name) =>
      style.getPropertyValue(`--overlay-${name}`),
    );
    return { query, hit, ground, line };
  }

  function recolor() {
    parts = partsOf(poses, colors());
    view?.show(parts, colors());
    redraw();
  }

  function redraw() {
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  function draw() {
    frame = 0;
    const [width, height] = [stage.clientWidth, stage.clientHeight];
    if (view === null || width === 0 || height === 0) return;
    view.render(orbit, width, height);
    labels.replaceChildren(
      ...parts.labels.map(({ at, text }) => {
        const { left, top } = orbit.project(at, width, height);
        const label = h("span", {}, text);
        label.style.translate = `${left + 8}px ${top - 8}px`;
        return label;
      }),
    );
  }

  /** The graphics card was taken away. */
  function fallBack() {
    if (view?.kind !== "solid") return;
    view.dispose();
    view = createFlatView(stage);
    recolor();
  }

  function tell() {
    texts.replaceChildren(...textsOf(data));
  }

  return {
    update(changed) {
      data = changed;
      poses = inBodyFrame(data);
      tell();
      recolor();
    },

    dispose() {
      disposed = true;
      cancelAnimationFrame(frame);
      cancelAnimationFrame(spinning);
      resizing.disconnect();
      scheme.removeEventListener("change", recolor);
      removeEventListener("themechange", recolor);
      stage.removeEventListener("webglcontextlost", fallBack, true);
      view?.dispose();
      root.replaceChildren();
    },
  };
}

/** @param {HTMLElement} stage @returns {Promise<View>} */
async function createView(stage) {
  // three.js writes an error to the console where there is no WebGL, so it is not even tried.
  if (document.createElement("canvas").getContext("webgl2") === null) return createFlatView(stage);
  const { createSolidView } = await import("./solid.js");
  return createSolidView(stage);
}

/** @param {OverlayData} data @returns {HTMLElement[]} */
function textsOf(data) {
  const lines = byDistance(data.distances).map(({ name, distance }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      h("td", { class: "numeric" }, distance.toFixed(2)),
      h("td", { "aria-hidden": "true" }, barOf(distance)),
    ),
  );
  const caption = h("caption", {}, "How far apart each joint is, in torso lengths");
  return [
    h("p", { class: "overlay-overall" }, overall(data.np_mpjpe)),
    h(
      "ul",
      { class: "overlay-legend" },
      h("li", {}, swatch("query"), "the query"),
      h("li", {}, swatch("hit"), "the pose found"),
      h("li", { class: "soft" }, "Left limbs (L) strong, right limbs (R) pale"),
    ),
    h("p", { class: "small soft" }, origin(data)),
    h(
      "table",
      { class: "overlay-distances small" },
      caption,
      h("thead", { class: "visually-hidden" }, h("tr", {}, h("th", { scope: "col" }, "joint"), h("th", { scope: "col" }, "distance"), h("td"))),
      h("tbody", {}, ...lines),
    ),
  ];
}

/** @param {number} distance */
function barOf(distance) {
  const bar = h("span", { class: "overlay-bar" });
  bar.style.width = `${Math.min(100, 100 * distance)}%`;
  return bar;
}

/** @param {"query" | "hit"} who */
function swatch(who) {
  return h("span", { class: `overlay-swatch ${who}`, "aria-hidden": "true" });
}
