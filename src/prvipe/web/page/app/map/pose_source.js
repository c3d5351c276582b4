/** Poses by row, each asked for once. */

const MOST_AT_ONCE = 500;
const MOST_KEPT = 4000;

/**
 * @param {import("../api.js").Api} api
 * @param {() => string | null} library
 */
export function createPoseSource(api, library) {
  /** @type {Map<string, import("../store.js").Hit>} */
  const kept = new Map();
  const keyOf = (/** @type {number} */ row) => `${row} ${library()}`;

  return {
    /**
     * @param {number[]} rows
     * @param {AbortSignal} [signal]
     * @returns {Promise<import("../store.js").Hit[]>} in the order of rows.
     */
    async get(rows, signal) {
      const name = library();
      if (name === null) return [];
      const missing = [...new Set(rows.filter((row) => !kept.has(keyOf(row))))];
      if (kept.size + missing.length > MOST_KEPT) {
        kept.clear();
        missing.splice(0, missing.length, ...new Set(rows));
      }
      for (let start = 0; start < missing.length; start += MOST_AT_ONCE) {
        const some = missing.slice(start, start + MOST_AT_ONCE);
        for (const hit of await api.poses(name, some, signal)) kept.set(`${hit.row} ${name}`, hit);
      }
      return rows.map((row) => kept.get(`${row} ${name}`)).filter((hit) => hit !== undefined);
    },

    /** Forget all: the library has changed. */
    clear() {
      kept.clear();
    },
  };
}

/** @typedef {ReturnType<typeof createPoseSource>} PoseSource */
