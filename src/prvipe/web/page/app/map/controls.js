/** What is set above the map: where points stand, their colours, and what a drag does. */

import { h, svg } from "../dom.js";
import { icon } from "../icons.js";
import { methodName } from "./words.js";

const TOOLS = {
  move: { text: "Move", path: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3" },
  lasso: { text: "Lasso", path: "M7 15C1 12 4 4 12 4s11 6 6 9c-4 2-9 3-11 2m0 0c-2 1-2 4 0 4s2-3 0-4m0 4c0 2-1 3-3 3" },
  rectangle: { text: "Rectangle", path: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M11 4h2M11 20h2M4 11v2M20 11v2" },
};

/**
 * @param {object} actions
 * @param {(changes: {method?: string, color?: string}) => void} actions.choose
 * @param {(by: number) => void} actions.zoom
 * @param {() => void} actions.fit
 * @param {() => void} actions.selectView
 */
export function createControls({ choose, zoom, fit, selectView }) {
  /** @type {import("./gestures.js").Tool} */
  let tool = "move";
  const method = h("select", { id: "map-method", onchange: () => choose({ method: method.value }) });
  const color = h("select", { id: "map-color", onchange: () => choose({ color: color.value }) });
  const tools = Object.entries(TOOLS).map(([name, { text, path }]) =>
    h(
      "button",
      { type: "button", class: "button map-tool", "data-tool": name, onclick: () => setTool(/** @type {any} */ (name)) },
      svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: path })),
      h("span", {}, text),
    ),
  );
  const all = h(
    "button",
    { type: "button", class: "button", disabled: true, onclick: selectView },
    "Select what is in view",
  );
  const element = h(
    "div",
    { class: "map-controls" },
    h("div", { class: "map-field" }, h("label", { for: "map-method" }, "Placed by"), method),
    h("div", { class: "map-field" }, h("label", { for: "map-color" }, "Coloured by"), color),
    h("div", { class: "map-tools", role: "group", "aria-label": "What dragging does" }, ...tools),
    all,
  );
  const zooming = h(
    "div",
    { class: "map-zoom panel", role: "group", "aria-label": "Zoom" },
    zoomButton("larger", "Zoom in", () => zoom(1.6)),
    zoomButton("smaller", "Zoom out", () => zoom(1 / 1.6)),
    zoomButton("reset", "Show the whole map", fit),
  );
  setTool(tool);

  /** @param {import("./gestures.js").Tool} chosen */
  function setTool(chosen) {
    tool = chosen;
    for (const button of tools) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  }

  return {
    element,
    zooming,
    tool: () => tool,

    offer,

    /**
     * A map is there. As `offer`.
     *
     * @param {{methods: string[], method: string}} placing
     * @param {string[]} columns
     * @param {string} column - empty: none.
     */
    show(placing, columns, column) {
      all.disabled = false;
      offer(placing, columns, column);
    },
  };

  /**
   * What there is to choose from.
   *
   * @param {{methods: string[], method: string}} placing
   * @param {string[]} columns
   * @param {string} column - empty: none.
   */
  function offer({ methods, method: chosen }, columns, column) {
    fill(method, methods.map((name) => [name, methodName(name)]), chosen);
    fill(color, [["", "nothing"], ...columns.map((name) => [name, name])], column);
  }
}

/** @param {any} name @param {string} label @param {() => void} onclick */
function zoomButton(name, label, onclick) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick }, icon(name));
}

/** @param {HTMLSelectElement} select @param {string[][]} options @param {string} chosen */
function fill(select, options, chosen) {
  select.replaceChildren(...options.map(([value, text]) => h("option", { value }, text)));
  select.value = chosen;
}
