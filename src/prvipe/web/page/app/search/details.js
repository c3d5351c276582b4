/** Everything about one hit: beside the gallery where there is room, else over it. */

import { onePose } from "../api.js";
import { h, svg } from "../dom.js";
import { icon } from "../icons.js";
import { drawPose } from "../skeleton.js";
import { createFrame } from "./frame.js";
import { fieldText, percent, placeOf, spoken, verdictWords } from "./words.js";

/** @typedef {import("../store.js").Hit} Hit */

const BESIDE = matchMedia("(min-width: 1500px)");
const HEIGHT = 720;

/**
 * @param {import("../main.js").Context} context
 * @param {object} actions
 * @param {(hit: Hit) => void} actions.onUse
 * @param {(hit: Hit) => void} actions.onSimilar
 * @param {(row: number | null) => void} actions.onShow
 */
export function createDetails(context, { onUse, onSimilar, onShow }) {
  const { store, api, navigate, announce } = context;
  const dialog = h("dialog", { class: "details panel", "aria-labelledby": "details-title", onkeydown: press });
  /** @type {Hit[]} */
  let hits = [];
  let place = 0;
  let matched = true;
  /** @type {Element | null} */
  let opener = null;

  dialog.addEventListener("close", () => {
    onShow(null);
    const back = opener?.isConnected ? opener : document.querySelector(".gallery .card-picture");
    if (back instanceof HTMLElement) back.focus();
  });
  dialog.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    if (event.target === dialog && dialog.matches(":modal")) dialog.close();
  });
  const change = () => {
    if (dialog.open) reopen();
  };
  BESIDE.addEventListener("change", change);

  return {
    root: dialog,
    close: () => dialog.open && dialog.close(),
    dispose: () => BESIDE.removeEventListener("change", change),

    /** @param {Hit} hit @param {Hit[]} among @param {boolean} isMatch */
    open(hit, among, isMatch) {
      hits = among;
      matched = isMatch;
      place = Math.max(0, among.findIndex(({ row }) => row === hit.row));
      if (!dialog.contains(document.activeElement)) opener = document.activeElement;
      display();
      if (!dialog.open) reopen();
      dialog.querySelector("h2")?.focus();
    },
  };

  function reopen() {
    // Closing it for a moment is no closing: nobody is to lose the focus for it.
    if (dialog.open) {
      dialog.removeAttribute("open");
      if (dialog.matches(":modal")) dialog.close();
    }
    if (BESIDE.matches) dialog.show();
    else dialog.showModal();
  }

  function display() {
    const hit = hits[place];
    onShow(hit.row);
    const { library } = store.get();
    const entries = Object.entries(hit.fields ?? {});
    dialog.replaceChildren(
      h(
        "header",
        { class: "details-head" },
        h("h2", { id: "details-title", tabindex: "-1" }, placeOf(hit)),
        h("div", { class: "details-steps" }, step("left", "The one before", -1), step("right", "The next one", 1), iconButton("close", "Close the details", () => dialog.close())),
      ),
      picture(hit, library ?? ""),
      matched
        ? h("p", { class: "details-match" }, h("strong", { class: "numeric" }, percent(hit.probability)), ` ${verdictWords(hit.probability)}`)
        : "",
      h(
        "div",
        { class: "details-actions" },
        action("search", "Use as the query", () => onUse(hit)),
        action("similar", "More like this", () => onSimilar(hit)),
        action("compare", "Compare with the query", () => leave("compare", { a: "query", b: `row:${hit.row}` })),
        action("align", "Align its recording", () => leave("align", { a: `row:${hit.row}` })),
        action("cube", "In 3D", () => void inSpace(hit)),
        action("pin", "On the map", () => {
          store.set({ highlight: hit.row });
          leave("map", { highlight: hit.row });
        }),
      ),
      h("h3", { class: "part-title" }, "Fields"),
      h(
        "dl",
        { class: "fields" },
        ...[["row", hit.row], ...entries.filter(([name]) => name !== "row")].flatMap(([name, value]) => [
          h("dt", {}, name),
          h("dd", { class: value === null ? "soft" : "" }, fieldText(value)),
        ]),
      ),
    );
  }

  /** @param {Hit} hit @param {string} library */
  function picture(hit, library) {
    const figure = svg("svg", { class: "stick-figure", viewBox: "0 0 100 100", "aria-hidden": "true" });
    drawPose(figure, hit.keypoints, { size: 2.2 });
    const frame = h("div", { class: "details-picture" }, figure);
    if (hit.image) {
      const address = api.imageUrl(library, hit.row, { height: HEIGHT });
      frame.append(createFrame(address, `The source frame of ${spoken(hit)}`, () => figure.remove()));
    }
    return frame;
  }

  /** @param {Hit} hit */
  async function inSpace(hit) {
    const { query, library } = store.get();
    if (query === null || library === null) return;
    const asked = query.row === undefined ? { poses: onePose(query.keypoints) } : { library, row: query.row };
    const { openOverlay } = await import("../overlay3d/dialog.js");
    await openOverlay({ library, row: hit.row, query: asked, api });
  }

  /** @param {string} view @param {Record<string, string | number>} params */
  function leave(view, params) {
    opener = null;
    dialog.close();
    navigate(view, params);
  }

  /** @param {"left" | "right"} name @param {string} label @param {number} by */
  function step(name, label, by) {
    const button = iconButton(name, label, () => go(by));
    button.setAttribute("aria-disabled", String(!hits[place + by]));
    button.dataset.step = String(by);
    return button;
  }

  /** @param {number} by */
  function go(by) {
    if (!hits[place + by]) return;
    place += by;
    display();
    /** @type {HTMLElement | null} */ (dialog.querySelector(`[data-step="${by}"]`))?.focus();
    announce(`${place + 1} of ${hits.length}: ${spoken(hits[place])}`);
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    if (event.key === "Escape" && !dialog.matches(":modal")) dialog.close();
    if (event.key === "ArrowLeft") go(-1);
    if (event.key === "ArrowRight") go(1);
  }

  /** @param {Parameters<typeof icon>[0]} name @param {string} label @param {() => void} onclick */
  function iconButton(name, label, onclick) {
    return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick }, icon(name));
  }

  /** @param {Parameters<typeof icon>[0]} name @param {string} text @param {() => void} onclick */
  function action(name, text, onclick) {
    return h("button", { type: "button", class: "button", onclick }, icon(name), text);
  }
}
