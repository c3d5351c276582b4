/** Getting a map, which may first have to be computed. */

import { readMap } from "./answer.js";

const MOST_WAIT = 5;

/**
 * Ask for a map until it is there.
 *
 * @param {import("../api.js").Api} api
 * @param {string} library
 * @param {{method?: string, color?: string, most?: number}} options
 * @param {AbortSignal} signal
 * @param {(share: number | null) => void} progress - how much is computed, where it is.
 * @returns {Promise<import("./answer.js").MapPoints>}
 * @throws {import("../api.js").Problem}
 */
export async function loadMap(api, library, options, signal, progress) {
  for (;;) {
    const response = await api.map(library, options, signal);
    if (response.status !== 202) return readMap(await response.arrayBuffer());
    const { share } = await response.json();
    progress(share ?? null);
    const seconds = Number.parseFloat(response.headers.get("Retry-After") ?? "1") || 1;
    await wait(Math.min(MOST_WAIT, seconds), signal);
  }
}

/** @param {number} seconds @param {AbortSignal} signal */
function wait(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
