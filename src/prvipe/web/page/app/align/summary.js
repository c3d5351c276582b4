/** What an alignment found, in words, and its pairs as files. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { pairsAsCsv, pairsAsJson, saveText } from "./exporting.js";
import { caution, hasPairs, headline, sentences } from "./words.js";

/** @typedef {import("./answer.js").Alignment} Alignment */
/** @typedef {[string, string]} Names */

/**
 * @param {Alignment} alignment
 * @param {Names} names
 * @param {string} note what else is to be said
 * @returns {HTMLElement}
 */
export function createSummary(alignment, names, note) {
  const found = hasPairs(alignment);
  return h(
    "section",
    { class: "finding panel", "aria-label": "What was found" },
    h("h2", {}, headline(alignment)),
    found && similarity(alignment),
    ...[...sentences(alignment, names), note]
      .filter(Boolean)
      .map((sentence) => h("p", {}, sentence)),
    found && alignment.repeats && h("p", { class: "caution" }, icon("warning"), h("span", {}, caution())),
    found && exportButtons(alignment, names),
  );
}

/** @param {Alignment} alignment */
function similarity(alignment) {
  const meaning = "the mean of the curve, from 0.05 to 0.95; it is low where the cameras differ much";
  return h(
    "p",
    { class: "similarity" },
    h("strong", { class: "numeric" }, `Similarity ${alignment.similarity.toFixed(2)}`),
    h("span", { class: "soft small" }, ` ${meaning}`),
  );
}

/** @param {Alignment} alignment @param {Names} names */
function exportButtons(alignment, names) {
  const button = (/** @type {string} */ label, /** @type {() => void} */ save) =>
    h("button", { type: "button", class: "button", onclick: save }, icon("download"), label);
  return h(
    "div",
    { class: "export-buttons" },
    button("Pairs as CSV", () => saveText(pairsAsCsv(alignment), "pairs.csv", "text/csv")),
    button("Pairs as JSON", () =>
      saveText(pairsAsJson(alignment, names), "pairs.json", "application/json"),
    ),
  );
}
