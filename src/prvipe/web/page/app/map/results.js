/** Searching from the map: the results of the query, whenever it changes. */

import { debounce } from "../dom.js";
import { searchBody } from "./linking.js";

/**
 * @param {import("../main.js").Context} context
 * @returns {() => void} stops it
 */
export function followQuery({ store, api, announce, fail }) {
  let abort = new AbortController();
  const later = debounce(search, 120);

  async function search() {
    const state = store.get();
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    if (state.query === null || state.library === null) return;
    try {
      const answer = await api.search(searchBody(state), signal);
      const { hits } = answer.results[0];
      store.set({ results: { hits, generation: answer.generation, library: answer.library } });
      announce(`${hits.length} results of the query are marked on the map`);
    } catch (error) {
      if (!signal.aborted) fail(error, "The search did not work");
    }
  }

  if (store.get().results === null) later();
  const stop = store.subscribe(["query", "library", "filters", "distinct"], () => later());
  return () => {
    stop();
    later.cancel();
    abort.abort();
  };
}
