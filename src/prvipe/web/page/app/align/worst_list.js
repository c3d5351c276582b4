/** The moments at which the two clips are least alike, as buttons. */

import { h, svg } from "../dom.js";
import { drawPose } from "../skeleton.js";
import { percent } from "../search/words.js";
import { amount } from "./words.js";

/** @typedef {import("./answer.js").Alignment} Alignment */
/** @typedef {import("./clip.js").Clip} Clip */

/**
 * @param {Alignment} alignment
 * @param {[Clip, Clip]} clips
 * @param {number[]} worst pairs
 * @param {(pair: number) => void} onSeek
 * @returns {{element: HTMLElement, update: (pair: number) => void}}
 */
export function createWorstList({ course, rows }, clips, worst, onSeek) {
  const buttons = worst.map((pair, place) => {
    const time = amount(course.timesA[pair], course.inSeconds);
    const figures = clips.map((clip, side) => miniature(clip, rows[side][pair]));
    return h(
      "button",
      { type: "button", class: "worst-button", onclick: () => onSeek(pair) },
      h("span", { class: "worst-number" }, place + 1),
      ...figures,
      h(
        "span",
        { class: "worst-words numeric" },
        h("span", {}, `${time} of A`),
        h("span", { class: "soft small" }, `probability ${percent(course.smoothed[pair])}`),
      ),
    );
  });
  return {
    element: buttons.length
      ? h("ol", { class: "worst-list" }, ...buttons.map((button) => h("li", {}, button)))
      : h("p", { class: "soft" }, "All moments are equally alike."),
    update(pair) {
      buttons.forEach((button, place) => {
        if (worst[place] === pair) button.setAttribute("aria-current", "true");
        else button.removeAttribute("aria-current");
      });
    },
  };
}

/** @param {Clip} clip @param {number} row */
function miniature(clip, row) {
  const picture = svg("svg", { viewBox: "0 0 44 56", class: "worst-figure", "aria-hidden": "true" });
  if (row >= 0) drawPose(picture, clip.keypoints[row], { size: 1.8 });
  return picture;
}
