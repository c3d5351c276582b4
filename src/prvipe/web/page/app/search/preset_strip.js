/** The row of poses to start from. */

import { h, svg } from "../dom.js";
import { drawPose } from "../skeleton.js";
import { PRESETS } from "./presets.js";

/**
 * @param {(preset: {name: string, keypoints: import("../store.js").Point[]}) => void} choose
 * @returns {HTMLElement & {mark: (name: string | null) => void}}
 */
export function createPresets(choose) {
  const buttons = PRESETS.map((preset) => {
    const picture = svg("svg", { viewBox: "0 0 64 64", "aria-hidden": "true" });
    drawPose(picture, preset.keypoints, { size: 2.2 });
    return h(
      "button",
      { type: "button", class: "preset", "data-name": preset.name, onclick: () => choose(preset) },
      picture,
      h("span", {}, preset.name),
    );
  });
  const root = h(
    "div",
    { class: "preset-part" },
    h("h3", { id: "presets-title", class: "part-title" }, "Start from"),
    h("div", { class: "presets", role: "group", "aria-labelledby": "presets-title" }, ...buttons),
  );
  return Object.assign(root, {
    /** @param {string | null} name */
    mark(name) {
      for (const button of buttons) {
        button.setAttribute("aria-pressed", String(button.dataset.name === name));
      }
    },
  });
}
