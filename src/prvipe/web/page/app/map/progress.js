/** How far a map is that is being computed. */

import { h } from "../dom.js";

const QUIET = 400; // milliseconds without a word, since most maps are there at once

/**
 * @param {HTMLElement} root
 * @param {(text: string) => void} announce
 */
export function createProgress(root, announce) {
  const text = h("p", { class: "small" });
  const bar = h("progress", { max: 1, "aria-label": "Computing the map" });
  root.append(text, bar);
  let what = "";
  let timer = 0;
  let told = -1;

  /** @param {string} words @param {number | null} share */
  function set(words, share) {
    root.hidden = false;
    text.textContent = words;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
  }

  return {
    /** @param {string} name - what is computed. */
    start(name) {
      what = name;
      told = -1;
      clearTimeout(timer);
      timer = setTimeout(() => set(`Getting ${what} …`, null), QUIET);
    },

    /** @param {number | null} share - of the work that is done. */
    show(share) {
      clearTimeout(timer);
      const percent = share === null ? "" : `: ${Math.round(100 * share)} %`;
      set(`Computing ${what}${percent}`, share);
      const quarter = Math.floor(4 * (share ?? 0));
      if (quarter !== told) announce(`Computing ${what}${percent}`);
      told = quarter;
    },

    stop() {
      clearTimeout(timer);
      root.hidden = true;
    },
  };
}
