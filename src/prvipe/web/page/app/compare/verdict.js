/** The verdict on two poses: in words, how likely, how far to be trusted, and what it means. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { jointName, JOINTS } from "../skeleton.js";
import { percent } from "../search/words.js";

const WHAT_IS_LEFT =
  "Differences are what is left after one body is laid over the other: a large one in one limb " +
  "shows as smaller ones elsewhere, too.";
const WHO = { a: "missing in A", b: "missing in B", both: "missing in both" };

/** @param {Record<string, any>} answer of the server @returns {HTMLElement} */
export function createVerdict(answer) {
  return h(
    "section",
    { class: "compare-verdict panel", "aria-label": "Verdict" },
    h("h2", { class: "headline" }, capital(answer.headline)),
    h(
      "div",
      { class: "chance" },
      h("meter", { min: 0, max: 1, value: answer.probability, "aria-label": "Matching probability" }),
      h("p", { class: "numeric" }, h("strong", {}, percent(answer.probability)), " that they match"),
    ),
    ...answer.doubts.map((/** @type {string} */ doubt) =>
      h("p", { class: "caution" }, icon("warning"), h("span", {}, capital(named(doubt)))),
    ),
    !answer.too_little_in_common && meaning(answer.verdict.meaning),
  );
}

/** @param {Record<string, any>} answer @returns {HTMLElement} what is said below the table */
export function createJointNotes(answer) {
  const { joints, missing } = answer;
  const notes = [];
  if (joints.length === 0) {
    notes.push("Too few joints are seen in both to lay one body over the other: no joint is compared.");
  } else if (joints.some((/** @type {any} */ each) => each.verdict !== "no clear difference")) {
    notes.push(WHAT_IS_LEFT);
  } else {
    notes.push("No joint is clearly apart.");
  }
  for (const [who, words] of Object.entries(WHO)) {
    const names = Object.keys(missing).filter((joint) => missing[joint] === who);
    const spoken = names.map((joint) => jointName(JOINTS.indexOf(joint))).join(", ");
    if (names.length) notes.push(`Not compared, ${words}: ${spoken}.`);
  }
  return h("div", { class: "joint-notes soft small" }, ...notes.map((note) => h("p", {}, note)));
}

/** @param {string} words */
function meaning(words) {
  return h(
    "details",
    { class: "meaning", open: true },
    h("summary", {}, "What that means"),
    h("p", { class: "soft" }, `${capital(words)}.`),
  );
}

/** The server calls the two first and second; here they are A and B. @param {string} doubt */
function named(doubt) {
  return doubt.replace(/^the first pose/, "A").replace(/^the second pose/, "B");
}

/** @param {string} words */
function capital(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
