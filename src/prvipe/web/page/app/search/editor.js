/** The query: a stick figure with its tools, presets, and what is uncertain about it. */

import { h } from "../dom.js";
import { createCanvas } from "./canvas.js";
import { exampleQuery } from "./example.js";
import { createHistory } from "./history.js";
import { fit, same } from "./pose_operations.js";
import { createPresets } from "./preset_strip.js";
import { PRESETS } from "./presets.js";
import { createTools } from "./tools.js";
import { ambiguousJoints, showUncertainty } from "./uncertainty.js";

/** @typedef {import("../store.js").Point} Point */

const HELP =
  "Tab goes to a joint, arrow keys move it, with Shift further. Delete hides it. " +
  "Ctrl+Z undoes.";

/**
 * @param {import("../main.js").Context} context
 * @param {{button: HTMLElement, status: HTMLElement}} file what opens a file, and how that goes
 * @returns {{root: HTMLElement, setUncertainty: (answer: import("../api.js").Uncertainty | null) => void,
 *   load: (pose: Point[], query: Partial<import("../store.js").Query>) => void, dispose: () => void}}
 */
export function createEditor(context, { button: fileButton, status: fileStatus }) {
  const { store, api, announce } = context;
  let limb = true;
  /** What was last asked from here. @type {import("../store.js").Query | null} */
  let asked = null;
  /** @type {number | null} */
  let selected = null;
  const start = fit(store.get().query?.keypoints ?? PRESETS[0].keypoints);
  const history = createHistory({ pose: start, query: store.get().query ?? presetQuery() });

  const canvas = createCanvas({
    onDrag: (pose) => ask(pose, { ...edited(), moving: true }),
    onChange: (pose, text) => {
      commit(pose, edited());
      if (text) announce(text);
    },
    onSelect: (joint) => {
      selected = joint;
      tools.setSelected(joint, shown()[joint ?? 0] !== null);
    },
    followers: () => limb,
  });
  const tools = createTools({
    context,
    getPose: shown,
    completed: () => canvas.completed(),
    apply: (pose, text) => {
      commit(pose, edited());
      announce(text);
    },
    load,
    toggleJoint: () => selected !== null && canvas.toggleJoint(selected),
    setLimb: (on) => {
      limb = on;
    },
    undo: () => travel("undo"),
    redo: () => travel("redo"),
  });
  const label = h("p", { class: "query-label small soft" });
  const presets = createPresets((preset) => {
    load(preset.keypoints, { origin: "preset", label: preset.name });
    announce(`${preset.name} is the query`);
  });
  const words = h("div", { class: "uncertainty", id: "uncertainty" });

  const titles = h("div", { class: "query-titles" }, h("h2", { id: "query-title" }, "Pose"), label);
  const root = h(
    "section",
    { class: "query-panel panel", "aria-labelledby": "query-title" },
    h("div", { class: "query-head" }, titles, tools.history, fileButton),
    h("div", { class: "canvas-frame" }, canvas.root),
    createLegend(),
    h("p", { id: "editor-help", class: "visually-hidden" }, HELP),
    fileStatus,
    tools.bar,
    words,
    presets,
  );
  display(true);
  /** What there is before any query is a place to start from, and no step to go back to. */
  let waiting = store.get().query === null;
  root.classList.toggle("waiting", waiting);
  const stops = [store.subscribe(["query"], take), store.subscribe(["libraries", "library"], begin)];
  begin();
  addEventListener("keydown", press);
  return {
    root,
    setUncertainty,
    load,
    dispose() {
      for (const stop of stops) stop();
      removeEventListener("keydown", press);
    },
  };

  /** @param {Readonly<import("../store.js").State>} state */
  function take({ query }) {
    if (query === null) return;
    const first = waiting;
    waiting = false;
    root.classList.remove("waiting");
    if (canvas.isDragging() || query === asked) return;
    // Somebody else has set it: a hit, the map, the address.
    const next = { pose: fit(query.keypoints), query };
    if (first) history.replace(next);
    else history.push(next);
    display(true);
  }

  /** The first query, unless somebody is faster: an example of the library, or what is drawn. */
  async function begin() {
    const { libraries, library } = store.get();
    if (!waiting || libraries === null) return;
    const searched = libraries.find(({ name }) => name === library);
    const example = searched && (await exampleQuery(api, searched).catch(() => null));
    const changed = library !== store.get().library;
    if (!waiting || changed || store.get().query !== null) return;
    const fallback = history.present.query;
    store.set({ query: canvas.isDragging() ? fallback : (example ?? fallback) });
  }

  /** @returns {Point[]} */
  function shown() {
    return history.present.pose;
  }

  /** A query that is no longer what it was made from. @returns {Partial<import("../store.js").Query>} */
  function edited() {
    const { label: before, origin } = history.present.query;
    const known = before && !before.endsWith(", changed") ? `${before}, changed` : before;
    return { origin: "editor", label: origin === "editor" && !before ? undefined : known };
  }

  /** @param {Point[]} pose @param {Partial<import("../store.js").Query>} query */
  function ask(pose, query) {
    asked = { origin: "editor", ...query, keypoints: pose };
    store.set({ query: asked });
    return asked;
  }

  /** @param {Point[]} pose @param {Partial<import("../store.js").Query>} query @param {boolean} [isOther] */
  function commit(pose, query, isOther = false) {
    if (same(pose, shown()) && query.row === history.present.query.row) {
      if (isOther) history.replace({ pose, query: ask(pose, query) });
      else resume();
      display();
      return;
    }
    history.push({ pose, query: ask(pose, query) });
    display(isOther);
  }

  /** A drag that ends where it began has changed nothing. */
  function resume() {
    if (!store.get().query?.moving) return;
    asked = history.present.query;
    store.set({ query: asked });
  }

  /** Make a pose from elsewhere the query. @param {Point[]} pose @param {Partial<import("../store.js").Query>} query */
  function load(pose, query) {
    commit(fit(pose), query, true);
  }

  /** @param {"undo" | "redo"} way */
  function travel(way) {
    history[way]();
    const { pose, query } = history.present;
    ask(pose, query);
    display();
    announce(way === "undo" ? "Undone" : "Done again");
  }

  /** @param {boolean} [isOther] another pose rather than the one before, changed */
  function display(isOther = false) {
    canvas.setPose(shown(), isOther);
    tools.setHistory(history.canUndo, history.canRedo);
    tools.setSelected(selected, selected !== null && shown()[selected] !== null);
    const text = history.present.query.label ?? "drawn by hand";
    label.textContent = text;
    label.title = text;
    presets.mark(history.present.query.origin === "preset" ? text : null);
  }

  /** @param {import("../api.js").Uncertainty | null} answer */
  function setUncertainty(answer) {
    canvas.setAmbiguous(new Set(ambiguousJoints(answer)));
    showUncertainty(words, answer);
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    if (event.target instanceof HTMLInputElement || document.querySelector("dialog:modal")) return;
    const key = event.key.toLowerCase();
    if (key === "z" || key === "y") {
      event.preventDefault();
      travel(key === "y" || event.shiftKey ? "redo" : "undo");
    }
  }
}

/** @returns {import("../store.js").Query} */
function presetQuery() {
  return { keypoints: PRESETS[0].keypoints, origin: "preset", label: PRESETS[0].name };
}

/** @returns {HTMLElement} */
function createLegend() {
  return h(
    "div",
    { class: "canvas-foot small" },
    h("p", { class: "soft" }, "Drag a joint, or drop a photo, video or keypoint file."),
    h("ul", { class: "legend" }, h("li", { class: "left" }, "their left"), h("li", { class: "right" }, "their right")),
  );
}
