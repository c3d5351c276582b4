/** The overlay in a dialog over the page. */

import { isAbort } from "../api.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { createOverlay } from "./overlay.js";

/**
 * Shows a pose of a library laid over the query.
 *
 * @param {object} asked
 * @param {string} asked.library
 * @param {number} asked.row - of the pose.
 * @param {import("../api.js").PoseReference} asked.query
 * @param {import("../api.js").Api} asked.api
 * @returns {Promise<void>} once both are shown, or it is said in the dialog why not.
 */
export async function openOverlay({ library, row, query, api }) {
  const abort = new AbortController();
  const close = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Close the 3D view", title: "Close", onclick: () => dialog.close() },
    icon("close"),
  );
  const content = h("div", { class: "overlay-content" }, h("p", { class: "notice" }, "Laying one over the other …"));
  const head = h("div", { class: "overlay-head" }, h("h2", { id: "overlay-title" }, "Both poses in 3D"), close);
  const dialog = h("dialog", { class: "dialog overlay-dialog", "aria-labelledby": "overlay-title" }, head, content);
  /** @type {{dispose: () => void} | null} */
  let overlay = null;
  dialog.addEventListener("close", () => {
    abort.abort();
    overlay?.dispose();
    dialog.remove();
  });
  dialog.addEventListener("click", (/** @type {Event} */ event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  try {
    const data = await api.overlay({ library, row, query }, abort.signal);
    overlay = createOverlay(content, data);
  } catch (error) {
    if (isAbort(error)) return;
    const text = error instanceof Error ? error.message : String(error);
    content.replaceChildren(h("p", { class: "notice", role: "alert" }, text));
  }
}
