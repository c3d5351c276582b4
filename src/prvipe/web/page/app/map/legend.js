/** What the colours mean; a press hides the poses of one. */

import { h } from "../dom.js";
import { numberScale } from "./palette.js";
import { counted } from "../search/words.js";

/** Values without a colour of their own that are named. */
const MOST_NAMED = 24;

/**
 * @param {HTMLElement} root - emptied and filled.
 * @param {object} options
 * @param {import("./palette.js").Coloring} options.coloring
 * @param {string | null} options.column
 * @param {"light" | "dark"} options.theme
 * @param {Set<number>} options.hidden - groups; changed in place.
 * @param {(text: string) => void} options.changed - called after a change, with what happened.
 */
export function showLegend(root, { coloring, column, theme, hidden, changed }) {
  const { legend, range } = coloring;
  root.hidden = column === null;
  if (column === null) return;
  const title = h("h2", { class: "map-legend-title" }, column);
  const number = range !== null;
  const entries = number ? legend.slice(1).filter(({ count }) => count > 0) : legend;
  const buttons = entries.map((group) => entry(legend.indexOf(group), group));
  const all = h("button", { type: "button", class: "map-link", onclick: () => setAll(false) }, "Show all");
  const none = h("button", { type: "button", class: "map-link", onclick: () => setAll(true) }, "Hide all");
  root.replaceChildren(
    h("div", { class: "map-legend-head" }, title, !number && legend.length > 1 && h("span", {}, all, none)),
    ...(number ? [scaleOf(range, theme)] : []),
    h("ul", { class: "map-legend-list" }, ...buttons.map((button, at) => h("li", {}, button, othersIn(entries[at])))),
  );

  /** @param {number} place @param {import("./palette.js").Group} group */
  function entry(place, { label, title: name = label, color, count }) {
    const swatch = h("span", { class: "map-swatch", "aria-hidden": "true" });
    swatch.style.backgroundColor = color;
    const button = h(
      "button",
      {
        type: "button",
        class: "map-legend-entry",
        "aria-pressed": String(!hidden.has(place)),
        title: `${name}: ${counted(count, "pose")}. Press to hide or show`,
        onclick: () => toggle(place, label),
      },
      swatch,
      h("span", { class: "map-legend-label" }, label),
      h("span", { class: "soft numeric" }, count.toLocaleString("en")),
    );
    return button;
  }

  /** @param {number} place @param {string} label */
  function toggle(place, label) {
    if (!hidden.delete(place)) hidden.add(place);
    press();
    changed(`${label}: ${hidden.has(place) ? "hidden" : "shown"}`);
  }

  /** @param {boolean} hide */
  function setAll(hide) {
    for (const group of entries) {
      if (hide) hidden.add(legend.indexOf(group));
      else hidden.delete(legend.indexOf(group));
    }
    press();
    changed(hide ? "All hidden" : "All shown");
  }

  function press() {
    buttons.forEach((button, at) => {
      button.setAttribute("aria-pressed", String(!hidden.has(legend.indexOf(entries[at]))));
    });
  }
}

/** What a grey entry stands for. @param {import("./palette.js").Group} group */
function othersIn({ names = [] }) {
  if (names.length < 2) return null;
  const more = names.length - MOST_NAMED;
  const text = names.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${more.toLocaleString("en")} more` : "");
  return h("p", { class: "map-legend-others small soft" }, text);
}

/** @param {[number, number]} range @param {"light" | "dark"} theme */
function scaleOf([least, most], theme) {
  const bar = h("div", { class: "map-scale-bar", "aria-hidden": "true" });
  bar.style.backgroundImage = `linear-gradient(to right, ${numberScale(theme, 9).join(", ")})`;
  const ends = [least, (least + most) / 2, most].map((value) => h("span", {}, short(value)));
  const label = `Colours from ${short(least)} to ${short(most)}`;
  return h("div", { class: "map-scale" }, h("span", { class: "visually-hidden" }, label), bar,
    h("div", { class: "map-scale-ends small soft numeric", "aria-hidden": "true" }, ...ends));
}

/** @param {number} value */
function short(value) {
  return Number(value.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 3 });
}
