/** A drawing that is scrubbed by pressing on it and moving. */

/**
 * @param {Element} target
 * @param {{scrub: (x: number, y: number) => void, hover?: (x: number, y: number) => void,
 *   leave?: () => void}} actions with the place in the target, in CSS pixels
 */
export function listenToScrubbing(target, { scrub, hover = () => {}, leave = () => {} }) {
  const placeOf = (/** @type {PointerEvent} */ event) => {
    const box = target.getBoundingClientRect();
    return /** @type {[number, number]} */ ([event.clientX - box.left, event.clientY - box.top]);
  };
  target.addEventListener("pointerdown", (/** @type {any} */ event) => {
    if (event.button !== 0) return;
    target.setPointerCapture(event.pointerId);
    scrub(...placeOf(event));
  });
  target.addEventListener("pointermove", (/** @type {any} */ event) => {
    if (target.hasPointerCapture(event.pointerId)) scrub(...placeOf(event));
    hover(...placeOf(event));
  });
  target.addEventListener("pointerleave", () => leave());
}
