/** The joints that both show, and how far each is apart. */

import { h, svg } from "../dom.js";
import { jointName, JOINTS } from "../skeleton.js";

/**
 * @typedef {object} JointDifference
 * @property {string} joint
 * @property {number} difference in torso lengths
 * @property {number | null} uncertainty
 * @property {string} direction where it lies in B
 * @property {import("./figure.js").JointVerdict} verdict
 */

/** @type {[import("./figure.js").JointVerdict, string, string][]} verdict, heading, class */
const GROUPS = [
  ["apart", "Apart", "is-apart"],
  ["perhaps apart", "Perhaps apart", "is-perhaps"],
  ["no clear difference", "No clear difference", "is-alike"],
];
const [BAR, THICK] = [100, 18];

/**
 * @param {JointDifference[]} joints largest difference first
 * @param {import("./joint_link.js").JointLink} link
 * @returns {HTMLElement}
 */
export function createJointTable(joints, link) {
  const longest = Math.max(0.6, ...joints.map((each) => each.difference + (each.uncertainty ?? 0)));
  const rows = joints.map((each) => row(each, longest, link));
  link.subscribe((joint) => {
    for (const { element, number, button } of rows) {
      element.classList.toggle("is-pointed", number === joint);
      button.setAttribute("aria-pressed", String(number === link.pinned()));
    }
  });
  const column = (/** @type {string} */ name, kind = "") => h("th", { scope: "col", class: kind }, name);
  const bars = h("td", { class: "bar-cell" });
  const head = h("tr", {}, column("Joint"), bars, column("Apart by", "number"), column("In B it lies"));
  return h(
    "table",
    { class: "joint-table" },
    h("caption", { class: "visually-hidden" }, "How far each joint is apart, in torso lengths"),
    h("thead", {}, head),
    ...GROUPS.map(([verdict, heading, kind]) => {
      const own = rows.filter((each) => each.verdict === verdict).map(({ element }) => element);
      if (own.length === 0) return null;
      const title = h("th", { scope: "rowgroup", colspan: 4 }, `${heading} (${own.length})`);
      return h("tbody", { class: kind }, h("tr", { class: "joint-group" }, title), ...own);
    }),
  );
}

/** @param {JointDifference} each @param {number} longest @param {import("./joint_link.js").JointLink} link */
function row({ joint, difference, uncertainty, direction, verdict }, longest, link) {
  const number = JOINTS.indexOf(joint);
  const button = h(
    "button",
    {
      type: "button",
      class: "joint-button",
      "aria-pressed": "false",
      onclick: () => link.pin(number),
      onfocus: () => link.point(number),
      onblur: () => link.point(null),
    },
    h("span", { class: "joint-dot", "aria-hidden": "true" }),
    jointName(number),
  );
  const element = h(
    "tr",
    { onpointerenter: () => link.point(number), onpointerleave: () => link.point(null) },
    h("th", { scope: "row" }, button),
    h("td", { class: "bar-cell", "aria-hidden": "true" }, bar(difference, uncertainty, longest)),
    h(
      "td",
      { class: "number numeric" },
      difference.toFixed(2),
      uncertainty !== null && h("span", { class: "soft" }, ` ± ${uncertainty.toFixed(2)}`),
    ),
    h("td", {}, verdict === "no clear difference" ? "" : direction),
  );
  return { element, number, button, verdict };
}

/** @param {number} difference @param {number | null} uncertainty @param {number} longest */
function bar(difference, uncertainty, longest) {
  const x = (/** @type {number} */ value) => Math.max(0, (value / longest) * BAR);
  const [low, high] = [x(difference - (uncertainty ?? 0)), x(difference + (uncertainty ?? 0))];
  const whisker = `M${low} ${THICK / 2}H${high}M${low} 5V${THICK - 5}M${high} 5V${THICK - 5}`;
  return svg(
    "svg",
    { class: "joint-bar", viewBox: `0 0 ${BAR} ${THICK}`, preserveAspectRatio: "none" },
    svg("rect", { class: "bar-length", x: 0, y: 4, width: x(difference), height: THICK - 8 }),
    uncertainty !== null && svg("path", { class: "bar-whisker", d: whisker }),
  );
}
