/** The pose that was picked on the map: its picture, all its fields, and what can be done with it. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { figureOf, pictureOf } from "./tile.js";
import { fieldText, spoken } from "../search/words.js";

/**
 * @param {HTMLElement} root - emptied and filled.
 * @param {import("../store.js").Hit | null} hit
 * @param {{api: import("../api.js").Api, library: string, comparable: boolean,
 *   actions: import("./tile.js").TileActions & {overlay: (hit: import("../store.js").Hit) => void}}} options
 */
export function showDetails(root, hit, { api, library, comparable, actions }) {
  if (hit === null) {
    root.replaceChildren(
      h("h2", {}, "Pose"),
      h("p", { class: "soft" }, "Point at the map to see a pose, click to keep it here."),
    );
    return;
  }
  const name = spoken(hit);
  root.replaceChildren(
    h("h2", { tabindex: "-1" }, name),
    h(
      "div",
      { class: "map-details-pictures" },
      h("div", { class: "map-details-picture" }, figureOf(hit)),
      hit.image && h("div", { class: "map-details-picture" }, pictureOf(hit, api, library, 320)),
    ),
    h(
      "div",
      { class: "map-details-buttons" },
      action("search", "Make it the query", () => actions.search(hit), "button primary"),
      comparable && action("compare", "Compare", () => actions.compare(hit)),
      comparable && action("cube", "View in 3D", () => actions.overlay(hit)),
    ),
    h(
      "dl",
      { class: "map-facts small" },
      ...factsOf(hit).flatMap(([key, value]) => [h("dt", {}, key), h("dd", { class: "numeric" }, value)]),
    ),
  );
}

/** @param {import("../store.js").Hit} hit @returns {[string, string][]} all that is known, by name */
function factsOf(hit) {
  const own = { row: hit.row, source: hit.source, frame: hit.frame, time: hit.time, person: hit.person };
  return Object.entries({ ...own, ...hit.fields })
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => [name, fieldText(value)]);
}

/** @param {any} name @param {string} text @param {() => void} onclick @param {string} [look] */
function action(name, text, onclick, look = "button") {
  return h("button", { type: "button", class: look, onclick }, icon(name), text);
}
