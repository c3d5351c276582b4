/** A video that was dropped, shown from the reader's own machine; the server keeps no copy. */

import { h } from "../dom.js";

/** Frames are sought a little after their start: rounding must not lead to the one before. */
const INTO_FRAME = 0.004;

/**
 * @param {string} address of a blob
 * @returns {{element: HTMLVideoElement, seek: (time: number | null) => void,
 *   place: (view: import("./framing.js").Rectangle, size: {width: number, height: number} | null,
 *   screen: {width: number, height: number}) => void, dispose: () => void}}
 */
export function createFilm(address) {
  const element = h("video", {
    class: "stage-film",
    src: address,
    muted: true,
    playsinline: true,
    preload: "auto",
    tabindex: "-1",
    "aria-hidden": "true",
  });
  element.muted = true;
  let wanted = /** @type {number | null} */ (null);

  function go() {
    if (wanted === null || element.seeking || element.readyState < 1) return;
    const time = wanted + INTO_FRAME;
    wanted = null;
    if (Math.abs(element.currentTime - time) > 1e-4) element.currentTime = time;
  }

  element.addEventListener("seeked", go);
  element.addEventListener("loadedmetadata", go);
  // A codec that this browser lacks: the stick figure is shown alone.
  element.addEventListener("error", () => (element.hidden = true));

  return {
    element,
    seek(time) {
      element.classList.toggle("is-away", time === null);
      if (time === null) return;
      wanted = time;
      go();
    },
    place(view, size, screen) {
      if (size === null) return;
      const scale = screen.width / view.width;
      element.style.width = `${size.width * scale}px`;
      element.style.height = `${size.height * scale}px`;
      element.style.left = `${-view.x * scale}px`;
      element.style.top = `${-view.y * scale}px`;
    },
    dispose() {
      element.removeAttribute("src");
      element.load();
    },
  };
}
