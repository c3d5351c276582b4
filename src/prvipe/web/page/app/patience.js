/** Requests that a busy server sends back, made again; and what went wrong, in words. */

import { Problem } from "./api.js";

const TRIES = 4;
const USUAL_WAIT = 2;
const LONGEST_WAIT = 30;

/**
 * Ask again as often as makes sense while the server says that it is busy.
 *
 * @template T
 * @param {() => Promise<T>} ask
 * @param {{signal: AbortSignal, onWait?: (seconds: number) => void}} options
 * @returns {Promise<T>}
 */
export async function askPatiently(ask, { signal, onWait = () => {} }) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      const busy = error instanceof Problem && error.status === 429;
      if (!busy || tries === TRIES) throw error;
      const seconds = Math.min(error.retryAfter ?? USUAL_WAIT, LONGEST_WAIT);
      onWait(seconds);
      await wait(seconds * 1000, signal);
    }
  }
}

/**
 * @param {unknown} error
 * @param {string} [remedy] what to do about a request that took too long
 * @returns {string} for people
 */
export function describeProblem(error, remedy = "Try again when the server has less to do.") {
  if (!(error instanceof Problem)) return error instanceof Error ? error.message : String(error);
  if (error.status === 429) return "The server is busy with other requests. Try again in a moment.";
  if (error.status === 504) return `This took the server too long. ${remedy}`;
  if (error.status === 413) return `The file is too large. ${error.detail}`;
  return error.message;
}

/** @param {number} milliseconds @param {AbortSignal} signal @returns {Promise<void>} */
function wait(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
