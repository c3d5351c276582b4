/** Beside the map: the pose that was picked, the selection, the results of the query. */

import { onePose } from "../api.js";
import { h } from "../dom.js";
import { openOverlay } from "../overlay3d/dialog.js";
import { showDetails } from "./details.js";
import { makeTile } from "./tile.js";
import { createTiles } from "./tiles.js";
import { counted, spoken } from "../search/words.js";

/** @typedef {import("../store.js").Hit} Hit */

const NOT_SELECTED = "Draw around poses with the lasso, or select what is in view.";
const NO_QUERY = "There is no query. Pick a pose and make it the query, or draw one under Search.";

/**
 * @param {ReturnType<typeof import("./layout.js").createLayout>} parts
 * @param {import("./pose_source.js").PoseSource} poses
 * @param {import("../main.js").Context} context
 * @param {(hit: Hit) => void} goTo - brings a pose into view.
 */
export function createSide(parts, poses, { store, api, navigate, announce, fail }, goTo) {
  /** @type {Hit | null} */
  let pinned = null;
  const linkButton = (/** @type {string} */ text, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", class: "map-link", onclick }, text);

  const actions = {
    show: (/** @type {Hit} */ hit) => {
      goTo(hit);
      pin(hit);
    },
    search: (/** @type {Hit} */ hit) => {
      const label = spoken(hit);
      store.set({ query: { keypoints: hit.keypoints, row: hit.row, origin: "row", label } });
      announce(`${label} is the query now`);
    },
    compare: (/** @type {Hit} */ { row }) => navigate("compare", { with: row }),
    highlight: (/** @type {number | null} */ row) => store.set({ highlight: row }),
    overlay: (/** @type {Hit} */ { row }) => {
      const { library, query } = store.get();
      if (library === null || query === null) return;
      const asked =
        query.row === undefined ? { poses: onePose(query.keypoints) } : { library, row: query.row };
      void openOverlay({ library, row, query: asked, api });
    },
  };

  const comparable = (/** @type {Hit | null} */ hit) => {
    const { query } = store.get();
    return query !== null && query.row !== hit?.row;
  };

  const tile = (/** @type {number | undefined} */ rank, /** @type {Hit} */ hit) => {
    const library = store.get().library ?? "";
    return makeTile(hit, { api, library, rank, comparable: comparable(hit), actions });
  };

  const open = linkButton("Open under Search", () => navigate("search"));
  const clear = linkButton("Clear", () => store.set({ selection: null }));
  const selection = createTiles(
    {
      title: "Selection",
      size: matchMedia("(max-width: 640px)").matches ? 6 : 18,
      empty: NOT_SELECTED,
      load: (rows, signal) => poses.get(rows, signal),
      tile: (hit) => tile(undefined, hit),
      fail,
    },
    open,
    clear,
  );
  const results = createTiles({
    title: "Results of the query",
    size: 6,
    empty: NO_QUERY,
    load: async (hits) => hits,
    tile: (hit, rank) => tile(rank, hit),
    fail,
  });
  parts.selection.append(selection.element);
  parts.side.append(results.element);

  /** @param {Hit | null} hit */
  function pin(hit) {
    pinned = hit;
    const library = store.get().library ?? "";
    showDetails(parts.details, hit, { api, library, comparable: comparable(hit), actions });
  }

  function showSelection() {
    const { selection: picked } = store.get();
    const rows = picked?.rows ?? [];
    const text = `${counted(rows.length, "pose")} ${picked?.label ?? ""}`.trim();
    void selection.set(rows, rows.length > 0 ? text : NOT_SELECTED);
  }

  function showResults() {
    const { results: found, query, library } = store.get();
    const hits = query !== null && found?.library === library ? found.hits : [];
    const none = query === null ? NO_QUERY : "Nothing was found.";
    void results.set(hits, hits.length > 0 ? "" : none);
  }

  pin(null);
  showSelection();
  showResults();
  const stops = [
    store.subscribe(["selection"], showSelection),
    store.subscribe(["results", "query"], showResults),
    store.subscribe(["query"], () => pin(pinned)),
  ];
  return {
    actions,
    pin,
    pinned: () => pinned,
    dispose() {
      for (const stop of stops) stop();
      selection.dispose();
      results.dispose();
    },
  };
}
