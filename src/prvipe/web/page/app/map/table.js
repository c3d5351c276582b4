/** The poses in view as a table, for everybody who cannot use the picture. */

import { h } from "../dom.js";
import { createPager } from "./pager.js";
import { toolButton } from "./tile.js";
import { fieldText, spoken } from "../search/words.js";

const PAGE = 20;
const MOST_COLUMNS = 6;

/**
 * @param {object} options
 * @param {import("./pose_source.js").PoseSource} options.poses
 * @param {import("./tile.js").TileActions} options.actions
 * @param {(error: unknown) => void} options.fail
 */
export function createTable({ poses, actions, fail }) {
  const head = h("tr");
  const body = h("tbody");
  const caption = h("caption", { class: "visually-hidden" }, "Poses in view");
  const table = h("table", { class: "map-table small" }, caption, h("thead", {}, head), body);
  const pager = createPager({ label: "poses in view", size: PAGE, render, fail });
  const summary = h("summary", {}, "Poses in view as a table");
  const scrolled = h(
    "div",
    { class: "map-table-scroll", tabindex: "0", role: "region", "aria-label": "Poses in view" },
    table,
  );
  const element = h("details", { class: "map-table-box panel" }, summary, scrolled, pager.element);
  /** @type {() => number[]} */
  let rowsInView = () => [];
  element.addEventListener("toggle", () => refresh());

  function refresh() {
    if (element.open) void pager.set(rowsInView().sort((a, b) => a - b));
  }

  /** @param {number[]} rows @param {number} _ @param {AbortSignal} signal */
  async function render(rows, _, signal) {
    const hits = await poses.get(rows, signal);
    if (signal.aborted) return;
    const columns = columnsOf(hits);
    head.replaceChildren(
      ...["pose", "row", ...columns].map((name) => h("th", { scope: "col" }, name)),
      h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "what to do")),
    );
    body.replaceChildren(...hits.map((hit) => lineOf(hit, columns)));
  }

  /** @param {import("../store.js").Hit} hit @param {string[]} columns */
  function lineOf(hit, columns) {
    const name = spoken(hit);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      h("td", { class: "numeric" }, hit.row),
      ...columns.map((column) => h("td", { class: "numeric" }, fieldText(hit.fields[column]))),
      h(
        "td",
        { class: "map-table-actions" },
        toolButton("pin", `Show ${name} on the map`, () => actions.show(hit)),
        toolButton("search", `Make ${name} the query`, () => actions.search(hit)),
      ),
    );
  }

  return {
    element,
    /** @param {() => number[]} inView - asked while the table is open. */
    update(inView) {
      rowsInView = inView;
      refresh();
    },
    dispose: () => pager.dispose(),
  };
}

/** @param {import("../store.js").Hit[]} hits @returns {string[]} columns that say something */
function columnsOf(hits) {
  const names = Object.keys(hits[0]?.fields ?? {}).filter((name) => name !== "row");
  const known = (/** @type {string} */ name) => hits.some((hit) => (hit.fields[name] ?? null) !== null);
  return names.filter(known).slice(0, MOST_COLUMNS);
}
