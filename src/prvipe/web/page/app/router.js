/** The address: which view, and what it shows. */

import { decodePose, encodePose } from "./search/pose_text.js";

/**
 * Keep the address and the store the same.
 *
 * @param {import("./store.js").Store} store
 * @param {string[]} views names of the views, the first is the start
 */
export function createRouter(store, views) {
  let writing = 0;

  /** @param {string} hash @returns {string} */
  function viewOf(hash) {
    const [path] = hash.replace(/^#\/?/, "").split("?");
    return views.includes(path) ? path : views[0];
  }

  function read() {
    const view = viewOf(location.hash);
    const params = new URLSearchParams(location.hash.split("?")[1] ?? "");
    /** @type {Partial<import("./store.js").State>} */
    const changes = { route: { view, params } };
    const library = params.get("library");
    if (library !== null) changes.library = library;
    const query = queryOf(params, store.get().query);
    if (query !== undefined) changes.query = query;
    store.set(changes);
    // A tab says no more than its view; the address is to be one that can be passed on.
    writeSoon();
  }

  function writeSoon() {
    // Browsers allow few changes of the address a second; while dragging there are many.
    if (writing === 0) writing = setTimeout(write, 300);
  }

  /** Write library and query into the address without a step in the history. */
  function write() {
    clearTimeout(writing);
    writing = 0;
    const { view, params } = store.get().route;
    // Another view has been gone to, and is read in a moment.
    if (viewOf(location.hash) !== view) return;
    history.replaceState(null, "", addressOf(store.get(), view, params));
  }

  return {
    start() {
      read();
      addEventListener("hashchange", read);
      store.subscribe(["library", "query"], writeSoon);
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

/** @param {Readonly<import("./store.js").State>} state @param {string} view @param {URLSearchParams} params */
function addressOf(state, view, params) {
  const all = new URLSearchParams(params);
  for (const name of ["library", "pose", "row"]) all.delete(name);
  if (state.library !== null) all.set("library", state.library);
  if (state.query !== null) {
    all.set("pose", encodePose(state.query.keypoints));
    if (state.query.row !== undefined) all.set("row", String(state.query.row));
  }
  const text = all.toString();
  return `#/${view}${text ? `?${text}` : ""}`;
}

/**
 * The query in an address; undefined where it says nothing new.
 *
 * @param {URLSearchParams} params
 * @param {import("./store.js").Query | null} present
 * @returns {import("./store.js").Query | undefined}
 */
function queryOf(params, present) {
  const text = params.get("pose");
  const keypoints = text === null ? null : decodePose(text);
  if (keypoints === null) return undefined;
  const row = /^\d+$/.test(params.get("row") ?? "") ? Number(params.get("row")) : undefined;
  if (present !== null && present.row === row && encodePose(present.keypoints) === text) {
    return undefined;
  }
  return { keypoints, row, origin: "link", label: "from the link" };
}
