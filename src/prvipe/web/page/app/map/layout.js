/** The parts of the map's page, before anything is known of the library. */

import { h } from "../dom.js";

const KEYS =
  "Arrow keys move the map, plus and minus zoom, 0 shows all of it. The pose nearest to the middle is " +
  "read out; Enter keeps it, s selects the poses in view.";

/**
 * @param {HTMLElement} root
 * @param {HTMLElement} controls
 * @param {HTMLElement} zooming
 * @param {HTMLElement} table
 */
export function createLayout(root, controls, zooming, table) {
  const parts = {
    plane: h(
      "div",
      {
        class: "map-plane",
        tabindex: "0",
        role: "application",
        "aria-label": "Map of poses",
        "aria-roledescription": "map",
        "aria-describedby": "map-summary map-keys",
      },
    ),
    legend: h("div", { class: "map-legend panel", role: "group", "aria-label": "Legend", hidden: true }),
    progress: h("div", { class: "map-progress panel", hidden: true }),
    summary: h("p", { id: "map-summary", class: "small soft" }),
    details: h("section", { class: "map-section panel", "aria-label": "Pose" }),
    selection: h("div"),
    side: h("div", { class: "map-side" }),
  };
  const keys = h("p", { id: "map-keys", class: "map-keys small panel" }, KEYS);
  parts.plane.append(zooming, parts.progress, keys);
  parts.side.append(parts.details);
  root.append(
    h("h1", { class: "visually-hidden" }, "Map"),
    controls,
    h(
      "div",
      { class: "map-main" },
      h(
        "div",
        { class: "map-top" },
        h("div", { class: "map-frame panel" }, parts.plane, parts.legend),
        parts.summary,
      ),
      parts.side,
      h("div", { class: "map-below" }, parts.selection, table),
    ),
  );
  return parts;
}
