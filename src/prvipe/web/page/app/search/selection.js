/** Poses picked on the map, in the place of the matches. */

import { h } from "../dom.js";
import { PAGE } from "./live_search.js";
import { counted } from "./words.js";

/**
 * @param {import("../main.js").Context} context
 * @param {ReturnType<typeof import("./gallery.js").createGallery>} gallery
 * @param {() => void} onChange a selection begins or ends
 */
export function createSelection({ store, api, announce, fail }, gallery, onChange) {
  /** @type {import("../store.js").Hit[]} */
  let hits = [];
  const text = h("p", {});
  const more = h("button", { type: "button", class: "button", onclick: () => void load() }, "Show more");
  const back = h("button", { type: "button", class: "button", onclick: clear }, "Back to the matches");
  const banner = h("div", { class: "selection-banner", hidden: true }, text, more, back);
  const stop = store.subscribe(["selection"], start);
  // The panel around it is not complete yet.
  queueMicrotask(start);
  return { banner, isActive, hits: () => hits, clear, dispose: stop };

  function isActive() {
    return (store.get().selection?.rows.length ?? 0) > 0;
  }

  function clear() {
    if (store.get().selection !== null) store.set({ selection: null });
  }

  function start() {
    hits = [];
    banner.hidden = !isActive();
    onChange();
    if (isActive()) void load();
  }

  async function load() {
    const { selection, library } = store.get();
    if (selection === null || library === null) return;
    const before = hits.length;
    const rows = selection.rows.slice(before, before + PAGE);
    try {
      const next = await api.poses(library, rows);
      if (store.get().selection !== selection) return;
      hits = [...hits, ...next];
      const generation = store.get().results?.generation ?? 0;
      gallery.show(hits, { library, generation, matched: false });
      text.textContent = `${counted(selection.rows.length, "pose")} picked on the map, ${hits.length} shown`;
      more.hidden = hits.length >= selection.rows.length;
      if (before > 0) gallery.focusCard(before);
      announce(text.textContent ?? "");
    } catch (error) {
      fail(error, "The picked poses cannot be shown");
    }
  }
}
