/** A titled list of poses, paged: the selection, or the results of the query. */

import { h } from "../dom.js";
import { createPager } from "./pager.js";

/**
 * @param {object} options
 * @param {string} options.title
 * @param {number} options.size - of a page.
 * @param {string} options.empty - said where there are none.
 * @param {(rows: any[], signal: AbortSignal) => Promise<import("../store.js").Hit[]>} options.load
 * @param {(hit: import("../store.js").Hit, rank: number) => HTMLElement} options.tile
 * @param {(error: unknown) => void} options.fail
 * @param {...HTMLElement} buttons - beside the title.
 */
export function createTiles({ title, size, empty, load, tile, fail }, ...buttons) {
  const heading = h("h2", { tabindex: "-1" }, title);
  const note = h("p", { class: "soft" }, empty);
  const list = h("ul", { class: "map-tiles", "aria-label": title });
  const pager = createPager({ label: title.toLowerCase(), size, render, fail });
  const tools = h("div", { class: "map-section-tools", hidden: true }, ...buttons);
  const element = h(
    "section",
    { class: "map-section panel", "aria-label": title },
    h("div", { class: "map-section-head" }, heading, tools),
    note,
    list,
    pager.element,
  );
  void set([], empty);

  /** @param {any[]} items @param {number} first @param {AbortSignal} signal */
  async function render(items, first, signal) {
    const hits = items.length === 0 ? [] : await load(items, signal);
    if (!signal.aborted) list.replaceChildren(...hits.map((hit, at) => tile(hit, first + at + 1)));
  }

  /** @param {any[]} items @param {string} text - under the title; empty: none. */
  function set(items, text) {
    note.textContent = text;
    note.hidden = text === "";
    tools.hidden = items.length === 0;
    list.hidden = items.length === 0;
    return pager.set(items);
  }

  return { element, heading, set, dispose: () => pager.dispose() };
}

