/** The way to the matches, where they stand below the pose and out of sight: on phones. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { percent } from "./words.js";

export function createJump() {
  const text = h("span", {});
  /** @type {HTMLElement | null} */
  let target = null;
  const root = h(
    "button",
    { type: "button", class: "button primary jump", hidden: true, onclick: () => target?.scrollIntoView() },
    icon("down"),
    text,
  );
  let found = false;
  let inSight = false;
  const observer = new IntersectionObserver(([entry]) => {
    inSight = entry.isIntersecting;
    show();
  });

  return {
    root,

    /** @param {HTMLElement} results it is shown while they are out of sight */
    watch(results) {
      target = results;
      observer.observe(results);
    },

    /** @param {import("../store.js").Hit[]} hits */
    tell([best]) {
      found = best !== undefined;
      if (found) text.textContent = `Matches: best ${percent(best.probability)}`;
      show();
    },

    dispose: () => observer.disconnect(),
  };

  function show() {
    root.hidden = inSight || !found;
  }
}
