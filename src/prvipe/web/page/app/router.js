/** The address: which view, and what it shows. A step back is the query or the filters before. */

import { addressOf, sharedIn } from "./shared_address.js";

/** @typedef {import("./store.js").State} State */

/** What stands in the address of every view. */
const SHARED = /** @type {const} */ (["library", "query", "filters", "conditions", "distinct"]);
/** Milliseconds without a change after which one is a step: typing and nudging make only one. */
const SETTLED = 300;

/**
 * Keep the address and the store the same.
 *
 * @param {import("./store.js").Store} store
 * @param {string[]} views names of the views, the first is the start
 */
export function createRouter(store, views) {
  let writing = 0;
  /** What the address was last known to say. */
  let written = store.get();

  /** @param {string} hash @returns {string} */
  function viewOf(hash) {
    const [path] = hash.replace(/^#\/?/, "").split("?");
    return views.includes(path) ? path : views[0];
  }

  function read() {
    const view = viewOf(location.hash);
    const params = new URLSearchParams(location.hash.split("?")[1] ?? "");
    const shared = sharedIn(params, store.get(), history.state?.query);
    store.set({ ...shared, route: { view, params } });
    written = store.get();
    // A tab says no more than its view; the address is to be one that can be passed on.
    writeSoon();
  }

  function writeSoon() {
    clearTimeout(writing);
    // Browsers allow few changes of the address a second; a drag is written at its end.
    if (!store.get().query?.moving) writing = setTimeout(write, SETTLED);
  }

  function write() {
    clearTimeout(writing);
    const state = store.get();
    const { view, params } = state.route;
    // Another view has been gone to, and is read in a moment.
    if (viewOf(location.hash) !== view) return;
    const address = addressOf(state, view, params);
    const isStep = address !== location.hash && hasChanged(written, state);
    history[isStep ? "pushState" : "replaceState"]({ query: state.query }, "", address);
    written = state;
  }

  return {
    start() {
      read();
      // At once, unlike hashchange: a write that is due would be of the address before.
      addEventListener("popstate", read);
      store.subscribe([...SHARED, "libraries"], writeSoon);
    },

    /**
     * Go to a view, with parameters of its own.
     *
     * @param {string} view
     * @param {Record<string, string | number | null>} [params]
     */
    navigate(view, params = {}) {
      write();
      const given = Object.entries(params).filter(([, value]) => value !== null);
      const own = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
      location.hash = addressOf(store.get(), view, own);
    },
  };
}

/**
 * Whether somebody has changed what is shown, rather than the page having found out what there is.
 *
 * @param {State} before
 * @param {State} now
 */
function hasChanged(before, now) {
  if (before.libraries === null) return false;
  return SHARED.some((name) => before[name] !== null && before[name] !== now[name]);
}
