/** The choice among libraries; where there is only one, its name. */

import { h } from "./dom.js";

/** @param {import("./store.js").Store} store @returns {HTMLElement} */
export function createLibraryChooser(store) {
  const root = h("div", { class: "library-chooser" });
  store.subscribe(["libraries", "library"], show);
  show();
  return root;

  function show() {
    const { libraries, library } = store.get();
    if (libraries === null || libraries.length === 0) {
      root.replaceChildren();
    } else if (libraries.length === 1) {
      const [only] = libraries;
      const title = `${only.name}, ${only.poses.toLocaleString()} poses`;
      root.replaceChildren(h("span", { class: "library-name", title }, only.name));
    } else {
      const select = h("select", { "aria-label": "Library", onchange: choose });
      for (const { name, poses } of libraries) {
        const text = `${name} (${poses.toLocaleString()})`;
        select.append(h("option", { value: name, selected: name === library }, text));
      }
      root.replaceChildren(select);
    }
  }

  /** @param {Event} event */
  function choose(event) {
    const library = /** @type {HTMLSelectElement} */ (event.target).value;
    const { query } = store.get();
    // A row belongs to its library; as keypoints the query fits any.
    store.set({
      library,
      query: query && { ...query, row: undefined },
      filters: {},
      conditions: [],
      selection: null,
      highlight: null,
      results: null,
    });
  }
}
