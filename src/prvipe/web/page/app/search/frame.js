/** The source frame of a pose, which may come late or never. */

import { h } from "../dom.js";

/** Milliseconds before each further attempt: a busy server sends pictures back, too. */
const PAUSES = [1500, 4000];

/**
 * @param {string} address
 * @param {string} alt
 * @param {() => void} onShown
 * @returns {HTMLImageElement}
 */
export function createFrame(address, alt, onShown) {
  let attempts = 0;
  const image = h("img", { alt, loading: "lazy", decoding: "async", class: "arriving" });
  image.addEventListener("load", () => {
    image.classList.remove("arriving");
    onShown();
  });
  image.addEventListener("error", () => {
    const pause = PAUSES[attempts];
    attempts += 1;
    if (pause === undefined) image.remove();
    else setTimeout(() => image.isConnected && image.setAttribute("src", address), pause);
  });
  image.src = address;
  return image;
}
