/** A view's own part of the address, changed without a step in the history. */

/**
 * @param {import("./store.js").Store} store
 * @param {Record<string, string | null>} changes null takes a parameter away
 */
export function replaceParams(store, changes) {
  const { view } = store.get().route;
  const params = new URLSearchParams(location.hash.split("?")[1] ?? "");
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) params.delete(name);
    else params.set(name, value);
  }
  const text = params.toString();
  if (text === store.get().route.params.toString()) return;
  history.replaceState(history.state, "", `#/${view}${text ? `?${text}` : ""}`);
  store.set({ route: { view, params } });
}
