/** Messages at the edge of the page: what went wrong, and short notes. */

import { isAbort, Problem } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

const SHORT = 5000;
const MOST = 3;

/**
 * @param {HTMLElement} root
 * @returns {{fail: (error: unknown, what?: string) => void, notify: (text: string) => void}}
 */
export function createToasts(root) {
  /** @param {string} kind @param {string} title @param {string} text */
  function show(kind, title, text) {
    for (const old of root.children) {
      if (old.getAttribute("data-text") === title + text) old.remove();
    }
    const close = h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Close the message", onclick: () => toast.remove() },
      icon("close"),
    );
    const toast = h(
      "div",
      { class: `toast ${kind}`, role: kind === "error" ? "alert" : "status", "data-text": title + text },
      h("div", { class: "toast-text" }, title && h("strong", {}, title), text && h("p", {}, text)),
      close,
    );
    root.append(toast);
    while (root.children.length > MOST) root.firstElementChild?.remove();
    return toast;
  }

  return {
    fail(error, what = "") {
      if (isAbort(error)) return;
      const problem = error instanceof Problem ? error : null;
      const field = problem?.field ? `${problem.field}: ` : "";
      const text = error instanceof Error ? error.message : String(error);
      show("error", what || problem?.title || "That did not work", `${field}${text}`);
    },

    notify(text) {
      const toast = show("note", "", text);
      setTimeout(() => {
        // Nobody loses the focus because time has passed.
        if (!toast.contains(document.activeElement)) toast.remove();
      }, SHORT);
    },
  };
}
