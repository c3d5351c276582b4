/** The query and its results as marks on the map. */

const RESULTS = 24;

/** @typedef {import("../store.js").State} State */

/**
 * @param {import("./chart.js").Chart} chart
 * @param {Readonly<State>} state
 * @param {number | null} pinned - row of the pose beside the map.
 * @returns {Pick<import("./marks.js").Marks, "query" | "results" | "highlight" | "pinned">}
 */
export function marksOf(chart, state, pinned) {
  const hits = state.results?.library === state.library ? state.results.hits : [];
  const results = placesOf(chart, hits.slice(0, RESULTS).map(({ row }) => row));
  const place = (/** @type {number | null} */ row) => (row === null ? null : chart.placeOf(row));
  return {
    query: placeQuery(chart, state.query, results),
    results,
    highlight: place(state.highlight),
    pinned: place(pinned),
  };
}

/** @param {import("./chart.js").Chart} chart @param {number[]} rows */
function placesOf(chart, rows) {
  return rows.map((row) => chart.placeOf(row)).filter((place) => place !== null);
}

/**
 * A pose of the library stands where its point is; any other amid the first of its results.
 *
 * @param {import("./chart.js").Chart} chart
 * @param {State["query"]} query
 * @param {import("./marks.js").Place[]} results
 * @returns {import("./marks.js").Marks["query"]}
 */
function placeQuery(chart, query, results) {
  if (query === null) return null;
  const place = query.row === undefined ? null : chart.placeOf(query.row);
  if (place !== null) return { place, exact: true };
  const near = results.slice(0, 5);
  if (near.length === 0) return null;
  const middle = (/** @type {0 | 1} */ axis) =>
    near.map((each) => each[axis]).sort((a, b) => a - b)[Math.floor(near.length / 2)];
  return { place: [middle(0), middle(1)], exact: false };
}
