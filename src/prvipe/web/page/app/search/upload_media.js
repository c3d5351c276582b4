/** The picture or video of a file that was read, shown from the browser's own copy. */

import { h } from "../dom.js";

/**
 * @param {File} file
 * @param {string} kind "image", "video" or "keypoints"
 * @returns {{element: HTMLElement, size: () => {width: number, height: number} | null,
 *   seek: (seconds: number | null, frame: number | null) => void, onReady: (call: () => void) => void,
 *   dispose: () => void}}
 */
export function openMedia(file, kind) {
  if (kind === "image") return openImage(file);
  if (kind === "video") return openVideo(file);
  return { element: h("span"), size: () => null, seek: () => {}, onReady: () => {}, dispose: () => {} };
}

/** @param {File} file */
function openImage(file) {
  const address = URL.createObjectURL(file);
  const element = h("img", { alt: "", src: address });
  return {
    element,
    size: () =>
      element.naturalWidth ? { width: element.naturalWidth, height: element.naturalHeight } : null,
    seek: () => {},
    /** @param {() => void} call */
    onReady: (call) => element.addEventListener("load", call),
    dispose: () => URL.revokeObjectURL(address),
  };
}

/** @param {File} file */
function openVideo(file) {
  const address = URL.createObjectURL(file);
  const element = h("video", { muted: true, playsinline: true, preload: "auto", "aria-hidden": "true", tabindex: "-1" });
  element.src = address;
  return {
    element,
    size: () =>
      element.videoWidth ? { width: element.videoWidth, height: element.videoHeight } : null,
    /** @param {number | null} seconds */
    seek(seconds) {
      // In the middle of the frame: its start may round to the one before.
      if (seconds !== null) element.currentTime = seconds + 0.005;
    },
    /** @param {() => void} call */
    onReady: (call) => element.addEventListener("loadedmetadata", call),
    dispose() {
      element.removeAttribute("src");
      element.load();
      URL.revokeObjectURL(address);
    },
  };
}
