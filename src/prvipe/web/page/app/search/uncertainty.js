/** How well the query can be told, in words. */

import { h } from "../dom.js";
import { sentence } from "./words.js";

/** @typedef {import("../api.js").Uncertainty} Uncertainty */

/** @param {Uncertainty | null} answer @returns {string[]} joints whose place in space is open */
export function ambiguousJoints(answer) {
  return answer?.joints.filter(({ ambiguous }) => ambiguous).map(({ joint }) => joint) ?? [];
}

/** @param {HTMLElement} root @param {Uncertainty | null} answer */
export function showUncertainty(root, answer) {
  root.classList.toggle("doubtful", answer !== null && !answer.trust.trusted);
  if (answer === null) {
    root.replaceChildren();
    return;
  }
  const { trusted } = answer.trust;
  const seen = answer.joints.filter(({ ambiguous, visible }) => ambiguous && visible);
  const names = seen.map(({ joint }) => joint.replace("_", " "));
  const parts = [
    h("strong", {}, trusted ? "Clear enough to search" : "Too little to be sure"),
    h("p", { class: "small" }, sentence(answer.words)),
  ];
  if (names.length > 0) {
    const mark = h("span", { class: "doubt-mark", "aria-hidden": "true" });
    const named = answer.words.includes(names[0]);
    const text = named ? "Marked in the figure." : `Marked: ${names.join(", ")}.`;
    parts.push(h("p", { class: "small open-joints" }, mark, text));
  }
  root.replaceChildren(...parts);
}
