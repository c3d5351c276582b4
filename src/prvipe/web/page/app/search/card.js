/** One hit in the gallery: picture, how sure, where from, what can be done with it. */

import { h, svg } from "../dom.js";
import { drawPose } from "../skeleton.js";
import { createFrame } from "./frame.js";
import { fileName, momentOf, percent, placeOf, spoken, verdictWords } from "./words.js";

/** @typedef {import("../store.js").Hit} Hit */

/** Height of thumbnails in pixels, enough for dense screens. */
const HEIGHT = 320;

/**
 * @param {Hit} hit
 * @param {object} given
 * @param {string} given.address of its source frame
 * @param {boolean} given.matched whether the probability says anything: not for poses of a selection
 * @param {(hit: Hit) => void} given.onOpen
 * @param {(hit: Hit) => void} given.onUse as the query
 * @param {(hit: Hit) => void} given.onSimilar search by its row
 */
export function createCard(hit, { address, matched, onOpen, onUse, onSimilar }) {
  let present = hit;
  const figure = svg("svg", { class: "stick-figure", viewBox: "0 0 100 100", "aria-hidden": "true" });
  drawPose(figure, hit.keypoints, { size: 2.6 });
  const open = h("button", { type: "button", class: "card-picture", onclick: () => onOpen(present) }, figure);
  const bar = h("span", { class: "bar-fill" });
  const number = h("strong", { class: "percent numeric" });
  const words = h("span", { class: "verdict" });
  const use = h("button", { type: "button", class: "card-action", onclick: () => onUse(present) }, "Use as query");
  const similar = h("button", { type: "button", class: "card-action", onclick: () => onSimilar(present) }, "More like this");
  const place = placeOf(hit);
  const root = h(
    "li",
    { class: "card", "data-row": hit.row },
    open,
    h(
      "div",
      { class: "card-text" },
      matched && h("div", { class: "match" }, number, words),
      matched && h("span", { class: "bar", "aria-hidden": "true" }, bar),
      h("div", { class: "place", title: place }, place),
      h("div", { class: "origin small numeric", title: hit.source }, originOf(hit, place)),
    ),
    h("div", { class: "card-actions" }, use, similar),
  );
  update(hit);
  return { root, update, loadImage, focus: () => open.focus(), picture: open };

  /** @param {Hit} next the same pose, matched with another query */
  function update(next) {
    present = next;
    const where = spoken(next);
    number.textContent = percent(next.probability);
    words.textContent = verdictWords(next.probability);
    bar.style.width = `${(100 * Math.max(0, Math.min(1, next.probability))).toFixed(1)}%`;
    const match = matched ? `${percent(next.probability)}, ${verdictWords(next.probability)}; ` : "";
    open.setAttribute("aria-label", `${match}${where}: details`);
    use.setAttribute("aria-label", `Use as query: ${where}`);
    similar.setAttribute("aria-label", `More like this: ${where}`);
  }

  /** The source frame takes the place of the stick figure as soon as it is there. */
  function loadImage() {
    if (!hit.image || open.querySelector("img")) return;
    open.append(createFrame(address, "", () => figure.remove()));
  }
}

/** @param {import("../api.js").Api} api @param {string} library @param {number} row */
export function thumbnailAddress(api, library, row) {
  return api.imageUrl(library, row, { height: HEIGHT });
}

/** When, and in which file where that says more. @param {Hit} hit @param {string} place */
function originOf(hit, place) {
  const file = hit.source ? fileName(hit.source) : "";
  return [momentOf(hit), file === place ? "" : file].filter(Boolean).join(" · ");
}
