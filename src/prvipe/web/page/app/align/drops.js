/** A part of the page on which files can be dropped. */

/** @param {HTMLElement} element @param {(file: File) => void} onFile */
export function acceptDrops(element, onFile) {
  const carriesFiles = (/** @type {DragEvent} */ event) =>
    event.dataTransfer?.types.includes("Files") ?? false;
  element.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    element.classList.add("is-target");
  });
  element.addEventListener("dragleave", (event) => {
    if (!element.contains(/** @type {Node | null} */ (event.relatedTarget))) {
      element.classList.remove("is-target");
    }
  });
  element.addEventListener("drop", (event) => {
    element.classList.remove("is-target");
    const dropped = event.dataTransfer?.files[0];
    if (!dropped) return;
    event.preventDefault();
    onFile(dropped);
  });
}
