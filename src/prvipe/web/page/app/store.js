/** What the views share: which library, what is asked, what was found, what is selected. */

/**
 * @typedef {[number, number] | null} Point x right, y down; null is a joint that is not known.
 *
 * @typedef {object} Query
 * @property {Point[]} keypoints 13 joints of coco13, any unit
 * @property {number} [row] of the library, where the query is one of its poses as it stands there
 * @property {"editor" | "preset" | "row" | "file" | "link"} origin
 * @property {string} [label] what it is, in words
 * @property {boolean} [moving] whether it is being dragged and goes on changing
 *
 * @typedef {object} Hit
 * @property {number} row
 * @property {number} probability
 * @property {string | null} source
 * @property {number | null} frame
 * @property {number | null} time in seconds
 * @property {number | null} person
 * @property {Record<string, any>} fields
 * @property {Point[]} keypoints
 * @property {boolean} image whether its source frame can be shown
 * @property {boolean} pose3d
 *
 * @typedef {{in?: string[], others?: string[], least?: number, most?: number}} Filter
 *   of one column: values that are let through and the others, or the range of a number
 *
 * @typedef {object} State
 * @property {import("./api.js").Library[] | null} libraries null until they are known
 * @property {string | null} library name of the one that is searched
 * @property {Query | null} query
 * @property {{hits: Hit[], generation: number, library: string} | null} results of the query
 * @property {{rows: number[], label: string} | null} selection rows picked on the map
 * @property {Record<string, Filter>} filters by column
 * @property {string[]} conditions written by hand, as in `camera!=cam01`
 * @property {string | null} distinct how far apart hits of one recording must be, as in "1s"; empty
 *   for every frame, null until the library says what there is
 * @property {number | null} highlight row that is to stand out, on the map and in the gallery
 * @property {{view: string, params: URLSearchParams}} route
 */

/**
 * Make a store: one plain object, and who wants to know when parts of it change.
 *
 * @template {Record<string, any>} S
 * @param {S} initial
 */
export function createStore(initial) {
  let state = { ...initial };
  /** @type {Set<{keys: (keyof S)[], listener: (state: S, changed: Set<keyof S>) => void}>} */
  const subscribers = new Set();

  return {
    /** @returns {Readonly<S>} */
    get: () => state,

    /** Change some keys; subscribers to any that differ are called. @param {Partial<S>} changes */
    set(changes) {
      /** @type {Set<keyof S>} */
      const changed = new Set();
      for (const key of Object.keys(changes)) {
        if (!Object.is(state[key], changes[key])) changed.add(key);
      }
      if (changed.size === 0) return;
      state = { ...state, ...changes };
      for (const { keys, listener } of [...subscribers]) {
        if (keys.some((key) => changed.has(key))) listener(state, changed);
      }
    },

    /**
     * Be called when any of the keys changes.
     *
     * @param {(keyof S)[]} keys
     * @param {(state: S, changed: Set<keyof S>) => void} listener
     * @returns {() => void} stops it
     */
    subscribe(keys, listener) {
      const subscriber = { keys, listener };
      subscribers.add(subscriber);
      return () => void subscribers.delete(subscriber);
    },
  };
}

/** @typedef {ReturnType<typeof createStore<State>>} Store */

/** @returns {State} */
export function initialState() {
  return {
    libraries: null,
    library: null,
    query: null,
    results: null,
    selection: null,
    filters: {},
    conditions: [],
    distinct: null,
    highlight: null,
    route: { view: "search", params: new URLSearchParams() },
  };
}
