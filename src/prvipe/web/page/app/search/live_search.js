/** Searches while the query changes: the newest counts, older ones are called off. */

import { isAbort, onePose, Problem } from "../api.js";
import { debounce } from "../dom.js";
import { conditionsOf } from "./conditions.js";

const PAUSE = 60;
const PAUSE_UNCERTAINTY = 350;
/** Hits of a page, and how far a search can be followed. */
export const PAGE = 24;
export const MOST = 1000;

/**
 * @typedef {object} Found
 * @property {import("../store.js").Hit[]} hits
 * @property {import("../api.js").Trust} trust of the query, judged by its best match, too
 * @property {string[]} absent what no pose of the library has
 * @property {number} milliseconds
 * @property {boolean} complete whether there are no more
 *
 * @typedef {{kind: "searching"} | {kind: "found", found: Found} | {kind: "waiting", seconds: number}
 *   | {kind: "failed", error: unknown}} Progress
 */

/**
 * @param {import("../main.js").Context} context
 * @param {(progress: Progress) => void} onProgress
 * @param {(answer: import("../api.js").Uncertainty | null) => void} onUncertainty
 */
export function createLiveSearch({ store, api }, onProgress, onUncertainty) {
  /** @type {AbortController | null} */
  let searching = null;
  /** @type {AbortController | null} */
  let judging = null;
  let retry = 0;
  let answered = Promise.resolve();

  const soon = debounce(search, PAUSE);
  const judgeSoon = debounce(() => void judge(), PAUSE_UNCERTAINTY);
  const stops = [
    store.subscribe(["query", "library", "libraries", "filters", "conditions", "distinct"], soon),
    store.subscribe(["query", "library"], judgeSoon),
  ];
  search();
  judgeSoon();

  return {
    again: search,

    /** Once what the store holds now has been searched for. */
    async settled() {
      soon.flush();
      await answered;
    },

    /** The hits that follow. @param {number} offset @returns {Promise<Found>} */
    async more(offset) {
      return ask(offset, new AbortController().signal);
    },

    dispose() {
      soon.cancel();
      judgeSoon.cancel();
      clearTimeout(retry);
      searching?.abort();
      judging?.abort();
      for (const stop of stops) stop();
    },
  };

  function search() {
    answered = searchNow();
  }

  async function searchNow() {
    clearTimeout(retry);
    searching?.abort();
    const { query, library, libraries } = store.get();
    if (query === null || library === null || libraries === null) return;
    const mine = new AbortController();
    searching = mine;
    onProgress({ kind: "searching" });
    try {
      const found = await ask(0, mine.signal);
      if (searching !== mine) return;
      store.set({ results: { hits: found.hits, library, generation: found.generation } });
      onProgress({ kind: "found", found });
    } catch (error) {
      if (isAbort(error) || searching !== mine) return;
      if (error instanceof Problem && error.status === 429) wait(error.retryAfter ?? 1);
      else onProgress({ kind: "failed", error });
    }
  }

  /** @param {number} seconds */
  function wait(seconds) {
    onProgress({ kind: "waiting", seconds });
    retry = setTimeout(search, 1000 * Math.min(60, Math.max(0.2, seconds)));
  }

  /** @param {number} offset @param {AbortSignal} signal @returns {Promise<Found & {generation: number}>} */
  async function ask(offset, signal) {
    const { query, library, filters, conditions, distinct } = store.get();
    if (query === null) throw new Error("There is no pose to search for.");
    const asked = query.row === undefined ? { poses: onePose(query.keypoints) } : { rows: [query.row] };
    const k = Math.min(PAGE, MOST - offset);
    const where = [...conditionsOf(filters), ...conditions];
    const start = performance.now();
    const answer = await api.search({ library, ...asked, k, offset, where, distinct: distinct || null }, signal);
    const [{ hits, trust }] = answer.results;
    return {
      hits,
      trust,
      absent: answer.absent,
      generation: answer.generation,
      milliseconds: performance.now() - start,
      complete: hits.length < k || offset + k >= MOST,
    };
  }

  async function judge() {
    judging?.abort();
    const { query, library } = store.get();
    if (query === null || library === null) return;
    judging = new AbortController();
    const { signal } = judging;
    const asked =
      query.row === undefined ? { poses: onePose(query.keypoints) } : { library, rows: [query.row] };
    try {
      const [answer] = await api.uncertainty(asked, signal);
      onUncertainty(answer ?? null);
    } catch (error) {
      // The search itself says what is wrong; a judgement that is missing is no news.
      if (!isAbort(error)) onUncertainty(null);
    }
  }
}
