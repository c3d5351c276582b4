/** The field for a condition written by hand; what the library cannot compare is refused in it. */

import { onePose, Problem } from "../api.js";
import { h } from "../dom.js";
import { PRESETS } from "./presets.js";
import { sentence } from "./words.js";

/**
 * @param {import("../main.js").Context} context
 * @returns {{element: HTMLElement, setFacets: (facets: Record<string, import("../api.js").Facet>) => void}}
 */
export function createConditionForm({ store, api, fail }) {
  const problem = h("p", { id: "condition-problem", class: "field-problem", role: "alert" });
  const help = h("p", { id: "condition-help", class: "small soft" });
  const field = h("input", {
    id: "condition",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "condition-problem condition-help",
    oninput: () => refuse(""),
  });
  const element = h(
    "form",
    { class: "condition-form", onsubmit: submit },
    h("label", { for: "condition" }, "Another condition"),
    field,
    h("button", { class: "button" }, "Add"),
    problem,
    help,
  );
  setFacets({});
  return { element, setFacets };

  /** @param {Record<string, import("../api.js").Facet>} facets */
  function setFacets(facets) {
    const [first, second] = examplesOf(facets);
    field.placeholder = first ?? "";
    const examples = [first, second].filter(Boolean).join(" or ");
    help.textContent =
      "Compares a column by =, !=, <, <=, >, >= or in" +
      `${examples && `, as in ${examples}`}. null is a value that is not known.`;
  }

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    const text = field.value.trim();
    const { library } = store.get();
    if (text === "" || library === null) return;
    try {
      await check(library, text);
    } catch (error) {
      if (error instanceof Problem && (error.status === 400 || error.status === 422)) refuse(error.message);
      else fail(error, "The condition could not be checked");
      return;
    }
    const { conditions } = store.get();
    if (!conditions.includes(text)) store.set({ conditions: [...conditions, text] });
    field.value = "";
  }

  /** Only the server knows what can be compared. @param {string} library @param {string} text */
  async function check(library, text) {
    const poses = onePose(PRESETS[0].keypoints);
    await api.search({ library, poses, k: 1, where: [text] });
  }

  /** @param {string} words empty: nothing is wrong */
  function refuse(words) {
    // Which condition it is stands in the field already.
    const reason = words.replace(/^where [^:]*: /, "");
    problem.textContent = reason && sentence(reason);
    field.setAttribute("aria-invalid", String(words !== ""));
  }
}

/**
 * Conditions that columns of this library can be compared by.
 *
 * @param {Record<string, import("../api.js").Facet>} facets
 * @returns {string[]}
 */
function examplesOf(facets) {
  const columns = Object.entries(facets).filter(([column]) => column !== "row");
  const listed = columns.find(([, { values }]) => values && values.length > 1);
  const ranged = columns.find(([, { range }]) => range && range[0] < range[1]);
  const examples = [];
  if (listed) examples.push(`${listed[0]}!=${listed[1].values?.[0].value}`);
  if (ranged?.[1].range) {
    const [least, most] = ranged[1].range;
    examples.push(`${ranged[0]}>=${Number(((least + most) / 2).toPrecision(2))}`);
  }
  return examples;
}
