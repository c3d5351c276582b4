/** The overlay in a dialog over the page. */

import { Problem } from "../api.js";
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
 * @returns {Promise<void>} once both are shown, or it is said why not.
 */
export async function openOverlay({ library, row, query, api }) {
  const abort = new AbortController();
  const close = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => dialog.close() },
    icon("close"),
  );
  const content = h("div", { class: "overlay", "aria-live": "polite" }, h("p", { class: "notice" }, "Laying one over the other …"));
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
    const made = await createOverlay(content, data);
    if (abort.signal.aborted) made.dispose();
    else overlay = made;
  } catch (error) {
    if (abort.signal.aborted) return;
    if (!(error instanceof Problem)) throw error;
    content.replaceChildren(h("p", { class: "notice", role: "alert" }, error.message));
  }
}
