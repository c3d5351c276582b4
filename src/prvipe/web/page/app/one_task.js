/** Work that takes a while, of which only the latest counts: shown, waited for, called off. */

import { isAbort } from "./api.js";
import { askPatiently, describeProblem } from "./patience.js";

/**
 * @param {{setBusy: (words: string) => void, setProblem: (words: string) => void}} display
 *   empty words: nothing is being done
 * @param {string} remedy what to do about work that took the server too long
 */
export function createTask({ setBusy, setProblem }, remedy) {
  let abort = new AbortController();

  return {
    /**
     * @param {string} words what is done, as in "Reading clip.mp4…"
     * @param {(signal: AbortSignal) => Promise<void>} work
     */
    async begin(words, work) {
      abort.abort();
      const own = (abort = new AbortController());
      const started = Date.now();
      const show = (/** @type {string} */ more = "") => {
        const seconds = Math.round((Date.now() - started) / 1000);
        setBusy(`${words}${seconds > 1 ? ` ${seconds} s.` : ""}${more}`);
      };
      show();
      const ticking = setInterval(() => show(), 1000);
      try {
        const onWait = (/** @type {number} */ seconds) =>
          show(` The server is busy; next try in ${Math.ceil(seconds)} s.`);
        await askPatiently(() => work(own.signal), { signal: own.signal, onWait });
      } catch (error) {
        if (abort === own && !isAbort(error)) setProblem(describeProblem(error, remedy));
      } finally {
        clearInterval(ticking);
        if (abort === own) setBusy("");
      }
    },

    cancel() {
      abort.abort();
      setBusy("");
    },
  };
}
