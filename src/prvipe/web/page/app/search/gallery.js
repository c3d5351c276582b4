/** The grid of hits. Cards of poses that stay keep their place in the page, and their pictures. */

import { debounce, h } from "../dom.js";
import { createCard, thumbnailAddress } from "./card.js";

/** @typedef {import("../store.js").Hit} Hit */

/** Pictures are asked for once the query rests: while dragging, hits come and go. */
const REST = 220;
const LOADING_CARDS = 8;

/**
 * @param {import("../api.js").Api} api
 * @param {{onOpen: (hit: Hit) => void, onUse: (hit: Hit) => void, onSimilar: (hit: Hit) => void}} actions
 */
export function createGallery(api, actions) {
  const root = h("ol", { class: "gallery", "aria-label": "Poses found", onkeydown: steer });
  /** @type {Map<string, ReturnType<typeof createCard>>} */
  let cards = new Map();
  const loadImages = debounce(() => {
    for (const card of cards.values()) card.loadImage();
  }, REST);

  return { root, show, showLoading, focusCard, mark, dispose: loadImages.cancel };

  /**
   * @param {Hit[]} hits
   * @param {{library: string, generation: number, matched: boolean}} of
   */
  function show(hits, { library, generation, matched }) {
    const next = new Map();
    const focused = document.activeElement?.closest?.(".card")?.getAttribute("data-row");
    for (const hit of hits) {
      const key = `${library}/${generation}/${matched}/${hit.row}`;
      const address = thumbnailAddress(api, library, hit.row);
      const card = cards.get(key) ?? createCard(hit, { address, matched, ...actions });
      card.update(hit);
      next.set(key, card);
    }
    cards = next;
    arrange([...cards.values()].map((card) => card.root));
    if (focused !== undefined && focused !== null && document.activeElement === document.body) {
      focusCard(0);
    }
    loadImages();
  }

  /** Put elements in order and move only those that stand elsewhere: moved pictures flicker. */
  function arrange(/** @type {HTMLElement[]} */ elements) {
    const wanted = new Set(elements);
    for (const old of [...root.children]) if (!wanted.has(old)) old.remove();
    elements.forEach((element, place) => {
      if (root.children[place] !== element) root.insertBefore(element, root.children[place] ?? null);
    });
  }

  function showLoading() {
    if (root.children.length > 0) return;
    const empty = () =>
      h("li", { class: "card loading", "aria-hidden": "true" }, h("div", { class: "card-picture skeleton-loading" }), h("div", { class: "line skeleton-loading" }), h("div", { class: "line short skeleton-loading" }));
    root.replaceChildren(...Array.from({ length: LOADING_CARDS }, empty));
  }

  /** @param {number} place */
  function focusCard(place) {
    [...cards.values()][place]?.focus();
  }

  /** Let the card of a row stand out. @param {number | null} row */
  function mark(row) {
    for (const card of cards.values()) {
      const on = row !== null && card.root.dataset.row === String(row);
      if (on) card.root.setAttribute("aria-current", "true");
      else card.root.removeAttribute("aria-current");
    }
  }

  /** Arrow keys go from picture to picture. @param {KeyboardEvent} event */
  function steer(event) {
    const pictures = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("button.card-picture")]);
    const here = pictures.indexOf(/** @type {HTMLElement} */ (event.target));
    if (here < 0) return;
    const first = pictures[0].getBoundingClientRect().y;
    const columns = pictures.filter((picture) => picture.getBoundingClientRect().y === first).length;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowLeft: here - 1,
      ArrowRight: here + 1,
      ArrowUp: here - columns,
      ArrowDown: here + columns,
      Home: 0,
      End: pictures.length - 1,
    };
    const target = targets[event.key];
    if (!pictures[target]) return;
    event.preventDefault();
    pictures[target].focus();
  }
}
