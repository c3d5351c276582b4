/** Which columns may take which values. */

import { debounce, h } from "../dom.js";
import { icon } from "../icons.js";
import { createConditionForm } from "./condition_form.js";
import { conditionsOf, filterWords } from "./conditions.js";
import { fileName } from "./words.js";

/** @typedef {import("../api.js").Facet} Facet */

/** Values of a column that are shown at first, and from how many on there is a search among them. */
const SHOWN = 6;

/**
 * @param {import("../main.js").Context} context
 * @returns {{button: HTMLElement, panel: HTMLElement, chips: HTMLElement, dispose: () => void}}
 */
export function createFilters(context) {
  const { store, api, announce, fail } = context;
  const count = h("span", { class: "badge numeric", hidden: true });
  const button = h(
    "button",
    { type: "button", class: "button", "aria-expanded": "false", "aria-controls": "filters", onclick: toggle },
    icon("filter"),
    "Filters",
    count,
  );
  const columns = h("div", { class: "filter-columns" });
  const conditionForm = createConditionForm(context);
  const panel = h(
    "section",
    { id: "filters", class: "filters panel", hidden: true, "aria-label": "Filters" },
    columns,
    conditionForm.element,
  );
  const chips = h("ul", { class: "chips", "aria-label": "Filters in use" });
  const stops = [
    store.subscribe(["filters", "conditions"], showChips),
    store.subscribe(["filters"], showChosen),
    store.subscribe(["library"], () => void load()),
  ];
  showChips();
  void load();
  return { button, panel, chips, dispose: () => stops.forEach((stop) => stop()) };

  function toggle() {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
  }

  async function load() {
    const { library } = store.get();
    columns.replaceChildren();
    if (library === null) return;
    try {
      const { facets = {} } = await api.library(library);
      if (store.get().library !== library) return;
      conditionForm.setFacets(facets);
      // Lists first, then ranges: each kind is of one height.
      const [lists, ranges] = [true, false].map((listed) =>
        Object.entries(facets)
          .filter(([column, { values }]) => column !== "row" && Boolean(values) === listed)
          .map(([column, facet]) => fieldset(column, facet)),
      );
      columns.replaceChildren(...[...lists, ...ranges].filter((part) => part !== null));
    } catch (error) {
      fail(error, "The filters are not known");
    }
  }

  /** @param {string} column @param {Facet} facet */
  function fieldset(column, facet) {
    const values = facet.values ?? [];
    // Where all are alike, there is nothing to choose.
    if (facet.range) return facet.range[0] < facet.range[1] ? rangeFields(column, facet.range) : null;
    return values.length > 1 ? valueBoxes(column, values) : null;
  }

  /** @param {string} column @param {{value: any, count: number}[]} values */
  function valueBoxes(column, values) {
    const texts = values.map(({ value }) => (value === null ? "null" : String(value)));
    // What is told apart by the last part of a path needs no more of it.
    const short = texts.map(fileName);
    const names = new Set(short).size === short.length ? short : texts;
    const rows = values.map(({ value, count: number }, place) => {
      const box = h("input", { type: "checkbox", value: texts[place], onchange: choose });
      box.checked = store.get().filters[column]?.in?.includes(texts[place]) ?? false;
      const name = value === null ? "not known" : names[place] || "(empty)";
      const title = texts[place];
      return h("label", { class: "choice" }, box, h("span", { class: "choice-name", title }, name), h("span", { class: "soft small numeric" }, number.toLocaleString("en")));
    });
    const root = h("fieldset", { class: "filter", "data-column": column }, h("legend", {}, column));
    const list = h("div", { class: "choices" }, ...rows);
    if (rows.length > SHOWN) root.append(searchField());
    root.append(list);
    completeFilter();
    return root;

    /** A filter of a link names its values only. */
    function completeFilter() {
      const filter = store.get().filters[column];
      if (!filter?.in?.some((text) => text.includes(",")) || filter.others) return;
      set(column, { ...filter, others: texts.filter((text) => !filter.in?.includes(text)) });
    }

    function searchField() {
      const field = h("input", { type: "search", "aria-label": `Search in ${column}`, placeholder: `Search ${rows.length} values` });
      field.addEventListener("input", () => {
        const text = field.value.toLowerCase();
        rows.forEach((row, place) => (row.hidden = !texts[place].toLowerCase().includes(text)));
      });
      return field;
    }

    function choose() {
      const boxes = [...list.querySelectorAll("input")];
      const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
      const others = texts.filter((text) => !chosen.includes(text));
      set(column, chosen.length > 0 ? { in: chosen, others } : null);
    }
  }

  /** @param {string} column @param {[number, number]} range */
  function rangeFields(column, [least, most]) {
    const tidy = (/** @type {number} */ value) => String(Number(value.toPrecision(6)));
    const field = (/** @type {string} */ name, /** @type {number} */ bound, /** @type {number | undefined} */ value) =>
      h("input", { type: "number", step: "any", "aria-label": `${column}, ${name}`, "data-bound": name === "from" ? "least" : "most", placeholder: tidy(bound), value, oninput: debounce(read, 250) });
    const present = store.get().filters[column] ?? {};
    const [from, to] = [field("from", least, present.least), field("up to", most, present.most)];
    return h("fieldset", { class: "filter", "data-column": column }, h("legend", {}, column), h("div", { class: "range" }, from, h("span", { class: "soft", "aria-hidden": "true" }, "to"), to));

    function read() {
      const number = (/** @type {HTMLInputElement} */ { value }) => (value === "" ? undefined : Number(value));
      const filter = { least: number(from), most: number(to) };
      set(column, filter.least === undefined && filter.most === undefined ? null : filter);
    }
  }

  /** @param {string} column @param {import("../store.js").Filter | null} filter */
  function set(column, filter) {
    const filters = { ...store.get().filters };
    if (filter === null) delete filters[column];
    else filters[column] = filter;
    store.set({ filters });
  }

  function showChips() {
    const { filters, conditions } = store.get();
    const made = [
      ...Object.entries(filters).map(([column, filter]) => chip(filterWords(column, filter), () => set(column, null))),
      ...conditions.map((text) =>
        chip(text, () => store.set({ conditions: store.get().conditions.filter((other) => other !== text) })),
      ),
    ];
    if (made.length > 1) {
      const all = h("button", { type: "button", class: "chip-clear", onclick: () => clear() }, "Clear all");
      made.push(h("li", {}, all));
    }
    chips.replaceChildren(...made);
    count.hidden = made.length === 0;
    count.textContent = String(conditionsOf(filters).length + conditions.length);
  }

  /** @param {string} text @param {() => void} remove */
  function chip(text, remove) {
    const element = h("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${text}`, title: text }, h("span", {}, text), icon("close"));
    element.addEventListener("click", () => {
      remove();
      button.focus();
      announce(`Filter ${text} removed`);
    });
    return h("li", {}, element);
  }

  function clear() {
    store.set({ filters: {}, conditions: [] });
    button.focus();
    announce("All filters removed");
  }

  /** The fields show what is chosen, whoever chose it. */
  function showChosen() {
    const { filters } = store.get();
    for (const part of columns.children) {
      const filter = filters[part.getAttribute("data-column") ?? ""];
      const bounds = [filter?.least, filter?.most];
      for (const input of part.querySelectorAll("input")) {
        if (input.type === "checkbox") input.checked = filter?.in?.includes(input.value) ?? false;
        // What is being typed, as in "1.", is left alone.
        else if (input.type === "number" && input !== document.activeElement) {
          input.value = String(bounds[input.dataset.bound === "least" ? 0 : 1] ?? "");
        }
      }
    }
  }
}
