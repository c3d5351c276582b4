/** What of the shared state stands in the address: library, query, filters. */

import { decodePose, encodePose } from "./search/pose_text.js";

/** @typedef {import("./store.js").State} State */
/** @typedef {import("./store.js").Query} Query */
/** @typedef {import("./store.js").Filter} Filter */

const NAMES = ["library", "pose", "row", "apart", "where"];
/** Filters stand as `in.COLUMN`, once for each value, `least.COLUMN` and `most.COLUMN`. */
const OF_COLUMN = /^(in|least|most)\.(.+)$/s;

/**
 * @param {Readonly<State>} state
 * @param {string} view
 * @param {URLSearchParams} params of the view; what is shared is taken from the state
 */
export function addressOf(state, view, params) {
  const all = new URLSearchParams();
  for (const [name, value] of params) {
    if (!NAMES.includes(name) && !OF_COLUMN.test(name)) all.append(name, value);
  }
  const { library, query, distinct } = state;
  if (library !== null) all.set("library", library);
  if (query !== null) {
    all.set("pose", encodePose(query.keypoints));
    if (query.row !== undefined) all.set("row", String(query.row));
  }
  if (distinct !== null) all.set("apart", distinct);
  for (const [column, { in: values = [], least, most }] of Object.entries(state.filters)) {
    for (const value of values) all.append(`in.${column}`, value);
    if (least !== undefined) all.set(`least.${column}`, String(least));
    if (most !== undefined) all.set(`most.${column}`, String(most));
  }
  for (const condition of state.conditions) all.append("where", condition);
  const text = all.toString();
  return `#/${view}${text ? `?${text}` : ""}`;
}

/**
 * What an address changes of the state.
 *
 * @param {URLSearchParams} params
 * @param {Readonly<State>} state
 * @param {Query | undefined} remembered query of this step of the history
 * @returns {Partial<State>}
 */
export function sharedIn(params, state, remembered) {
  /** @type {Partial<State>} */
  const changes = {};
  const query = queryIn(params, state.query, remembered);
  if (query !== undefined) changes.query = query;
  const library = params.get("library");
  // A tab says no more than its view: all else stays.
  if (library === null) return changes;
  const known = state.libraries?.some(({ name }) => name === library) ?? true;
  if (!known) return changes;
  if (state.library !== null && state.library !== library) {
    Object.assign(changes, { selection: null, highlight: null, results: null });
  }
  const distinct = params.get("apart") ?? state.distinct;
  return { ...changes, library, distinct, ...filtersIn(params, state) };
}

/** @param {URLSearchParams} params @param {Readonly<State>} state */
function filtersIn(params, state) {
  /** @type {Record<string, Filter>} */
  const filters = {};
  for (const [name, value] of params) {
    const [, kind, column] = OF_COLUMN.exec(name) ?? [];
    if (kind === "in") {
      const others = state.filters[column]?.others;
      const chosen = [...(filters[column]?.in ?? []), value];
      filters[column] = { ...filters[column], in: chosen, ...(others && { others }) };
    } else if ((kind === "least" || kind === "most") && value && Number.isFinite(Number(value))) {
      filters[column] = { ...filters[column], [kind]: Number(value) };
    }
  }
  const conditions = params.getAll("where").filter(Boolean);
  const alike = JSON.stringify([filters, conditions]) === JSON.stringify([state.filters, state.conditions]);
  return alike ? {} : { filters, conditions };
}

/**
 * The query in an address; undefined where it says nothing new.
 *
 * @param {URLSearchParams} params
 * @param {Query | null} present
 * @param {Query | undefined} remembered
 * @returns {Query | undefined}
 */
function queryIn(params, present, remembered) {
  const text = params.get("pose");
  const keypoints = text === null ? null : decodePose(text);
  if (keypoints === null) return undefined;
  const row = /^\d+$/.test(params.get("row") ?? "") ? Number(params.get("row")) : undefined;
  const isMeant = (/** @type {Query | null | undefined} */ query) =>
    query && query.row === row && encodePose(query.keypoints) === text;
  if (isMeant(present)) return undefined;
  if (remembered && isMeant(remembered)) return remembered;
  return { keypoints, row, origin: "link", label: "from the link" };
}
