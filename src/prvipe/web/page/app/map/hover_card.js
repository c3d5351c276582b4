/** The pose under the pointer, or in the middle of the map for the keyboard. */

import { h } from "../dom.js";
import { figureOf, pictureOf } from "./tile.js";
import { spoken } from "../search/words.js";

const AWAY = 16;

/**
 * @param {HTMLElement} root - the map.
 * @param {import("../api.js").Api} api
 */
export function createHoverCard(root, api) {
  const card = h("div", { class: "map-card panel", hidden: true, "aria-hidden": "true" });
  root.append(card);
  let shown = -1;

  return {
    /**
     * @param {import("../store.js").Hit} hit
     * @param {string} library
     * @param {[number, number]} place - pixels within the map.
     */
    show(hit, library, [left, top]) {
      if (hit.row !== shown) {
        shown = hit.row;
        card.replaceChildren(
          h(
            "div",
            { class: "map-card-pictures" },
            h("div", { class: "map-card-figure" }, figureOf(hit)),
            hit.image && h("div", { class: "map-card-image" }, pictureOf(hit, api, library, 160)),
          ),
          h("strong", { class: "small" }, spoken(hit)),
          h("span", { class: "small soft" }, `row ${hit.row.toLocaleString("en")}`),
        );
      }
      card.hidden = false;
      const room = root.getBoundingClientRect();
      const { width, height } = card.getBoundingClientRect();
      const right = left + AWAY + width < room.width ? left + AWAY : left - AWAY - width;
      const down = top + AWAY + height < room.height ? top + AWAY : top - AWAY - height;
      card.style.left = `${Math.max(4, right)}px`;
      card.style.top = `${Math.max(4, down)}px`;
    },

    hide() {
      card.hidden = true;
    },
  };
}
