/** A pose drawn by hand, in a dialog. */

import { h } from "../dom.js";
import { createCanvas } from "../search/canvas.js";
import { fit } from "../search/pose_operations.js";
import { createPresets } from "../search/preset_strip.js";
import { PRESETS } from "../search/presets.js";

/** @typedef {import("../store.js").Point} Point */

/**
 * @param {string} title
 * @param {Point[] | null} start
 * @param {(text: string) => void} announce
 * @returns {Promise<Point[] | null>} null if it is given up
 */
export function drawByHand(title, start, announce) {
  let pose = fit(start ?? PRESETS[0].keypoints);
  const show = (/** @type {Point[]} */ next) => {
    pose = next;
    canvas.setPose(pose);
  };
  const canvas = createCanvas({
    onDrag: show,
    onChange: (next, text) => {
      show(next);
      if (text) announce(text);
    },
    onSelect: () => {},
    followers: () => true,
  });
  const presets = createPresets(({ keypoints }) => show(fit(keypoints)));
  const cancel = h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel");
  const take = h("button", { type: "submit", class: "button primary" }, "Take this pose");
  const dialog = h(
    "dialog",
    { class: "dialog drawing-dialog", "aria-labelledby": "drawing-title" },
    h(
      "form",
      { method: "dialog", onsubmit: () => (dialog.returnValue = "taken") },
      h("h2", { id: "drawing-title" }, title),
      h("p", { id: "editor-help", class: "soft small" }, "Drag the joints, or press Tab to reach one and arrow keys to move it. Delete hides it."),
      canvas.root,
      presets,
      h("div", { class: "dialog-buttons" }, cancel, take),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  show(pose);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "taken" ? pose : null);
    });
  });
}
