/** Poses as small pictures: the source frame where it can be shown, else the stick figure. */

import { h, svg } from "../dom.js";
import { icon } from "../icons.js";
import { drawPose } from "../skeleton.js";
import { momentOf, percent, placeParts, spoken } from "../search/words.js";

/**
 * @typedef {import("../store.js").Hit} Hit
 * @typedef {object} TileActions
 * @property {(hit: Hit) => void} show - on the map.
 * @property {(hit: Hit) => void} search - make it the query.
 * @property {(hit: Hit) => void} compare - with the query.
 * @property {(row: number | null) => void} highlight
 */

/** @param {Hit} hit @returns {SVGElement} its stick figure; decoration beside its name. */
export function figureOf(hit) {
  const drawing = svg("svg", { class: "pose-figure", viewBox: "0 0 100 100", "aria-hidden": "true" });
  drawPose(drawing, hit.keypoints);
  return drawing;
}

/**
 * @param {Hit} hit
 * @param {import("../api.js").Api} api
 * @param {string} library
 * @param {number} height - of the image, in pixels.
 * @returns {SVGElement} the stick figure, until the image is there.
 */
export function pictureOf(hit, api, library, height) {
  if (!hit.image) return figureOf(hit);
  const source = api.imageUrl(library, hit.row, { height, drawn: true });
  const figure = figureOf(hit);
  const image = h("img", { class: "pose-image", src: source, alt: "", fetchpriority: "low" });
  image.addEventListener("load", () => figure.replaceWith(image), { once: true });
  return figure;
}

/**
 * @param {Hit} hit
 * @param {{api: import("../api.js").Api, library: string, rank?: number, comparable: boolean,
 *   actions: TileActions}} options
 * @returns {HTMLElement} a list item.
 */
export function makeTile(hit, { api, library, rank, comparable, actions }) {
  const name = spoken(hit);
  const [recording, ...rest] = placeParts(hit);
  const tile = h(
    "li",
    { class: "map-tile", "data-row": hit.row },
    h(
      "button",
      {
        type: "button",
        class: "map-tile-picture",
        "aria-label": `${rank === undefined ? "" : `Result ${rank}: `}${name}. Show on the map`,
        onclick: () => actions.show(hit),
      },
      pictureOf(hit, api, library, 160),
      rank !== undefined && h("span", { class: "map-rank", "aria-hidden": "true" }, rank),
    ),
    h(
      "div",
      { class: "map-tile-foot" },
      h("span", { class: "map-tile-name", title: name }, recording),
      h("span", { class: "map-tile-moment numeric soft" }, ...dotted([...rest, momentOf(hit)].filter(Boolean))),
    ),
    h(
      "div",
      { class: "map-tile-actions" },
      toolButton("search", `Make ${name} the query`, () => actions.search(hit)),
      comparable && toolButton("compare", `Compare ${name} with the query`, () => actions.compare(hit)),
      rank !== undefined && h("strong", { class: "numeric small" }, percent(hit.probability)),
    ),
  );
  tile.addEventListener("pointerenter", () => actions.highlight(hit.row));
  tile.addEventListener("pointerleave", () => actions.highlight(null));
  tile.addEventListener("focusin", () => actions.highlight(hit.row));
  tile.addEventListener("focusout", () => actions.highlight(null));
  return tile;
}

/** Parts that a line is broken between only. @param {string[]} parts */
function dotted(parts) {
  return parts.flatMap((part, place) => [place > 0 && " · ", h("span", {}, part)]);
}

/** @param {any} name @param {string} label @param {() => void} onclick */
export function toolButton(name, label, onclick) {
  return h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onclick },
    icon(name),
  );
}
