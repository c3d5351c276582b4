/** The map: all poses of a library in the plane, near each other where the embedding is alike. */

import { debounce } from "../dom.js";
import { Chart } from "../map/chart.js";
import { createControls } from "../map/controls.js";
import { listen } from "../map/gestures.js";
import { createLayout } from "../map/layout.js";
import { showLegend } from "../map/legend.js";
import { marksOf } from "../map/linking.js";
import { loadMap } from "../map/loading.js";
import { colorPoints } from "../map/palette.js";
import { createPointing } from "../map/pointing.js";
import { createPoseSource } from "../map/pose_source.js";
import { createProgress } from "../map/progress.js";
import { createSide } from "../map/side.js";
import { createTable } from "../map/table.js";
import { methodName, summaryOf } from "../map/words.js";
import { createLiveSearch } from "../search/live_search.js";
import { counted } from "../search/words.js";

const COLORED_FIRST = ["camera", "activity", "action", "label", "source"];
const ALWAYS_THERE = "pca"; // it needs no computing ahead
const NEAR = 6; // zoom at which a pose is shown

/** @param {HTMLElement} root @param {import("../main.js").Context} context @returns {() => void} */
export function mount(root, context) {
  const { store, api, announce, fail, navigate } = context;
  const poses = createPoseSource(api, () => store.get().library);
  const controls = createControls({
    choose: (changes) => navigate("map", { ...wanted(), ...changes }),
    zoom: (by) => {
      chart.viewport.zoomAt(by, chart.viewport.width / 2, chart.viewport.height / 2);
      chart.move();
    },
    fit: () => {
      chart.viewport.fit();
      chart.move();
    },
    selectView: () => select(chart.rowsInView(), "in view"),
  });
  const table = createTable({ poses, actions: { ...tableActions() }, fail });
  const parts = createLayout(root, controls.element, controls.zooming, table.element);
  const chart = new Chart(parts.plane);
  const side = createSide(parts, poses, context, goTo);
  const progress = createProgress(parts.progress, announce);
  const pointing = createPointing(parts.plane, chart, poses, context, pin);

  /** @type {import("../map/answer.js").MapPoints | null} */
  let points = null;
  /** @type {Set<number>} groups of the legend that are not drawn */
  let hidden = new Set();
  let loading = new AbortController();
  let asked = "";

  /** The actions of the side, which is made after the table. */
  function tableActions() {
    return {
      show: (/** @type {any} */ hit) => side.actions.show(hit),
      search: (/** @type {any} */ hit) => side.actions.search(hit),
      compare: (/** @type {any} */ hit) => side.actions.compare(hit),
      highlight: (/** @type {number | null} */ row) => side.actions.highlight(row),
    };
  }

  /** @returns {string[]} columns that poses can be coloured by */
  function columns() {
    const library = store.get().libraries?.find(({ name }) => name === store.get().library);
    return Object.keys(library?.columns ?? {}).filter((name) => name !== "row");
  }

  /** @returns {{method: string | null, color: string}} what the address asks for */
  function wanted() {
    const { params } = store.get().route;
    const first = COLORED_FIRST.find((name) => columns().includes(name)) ?? "";
    const color = params.get("color") ?? first;
    const known = color === "" || columns().includes(color);
    return { method: params.get("method"), color: known ? color : first };
  }

  async function load() {
    const { library, libraries, route } = store.get();
    if (library === null || libraries === null || route.view !== "map") return;
    const { method, color } = wanted();
    const request = JSON.stringify([library, method, color]);
    if (request === asked) return;
    asked = request;
    loading.abort();
    loading = new AbortController();
    const { signal } = loading;
    // Whoever does not want to wait for one map can choose another.
    const methods = [...new Set([ALWAYS_THERE, method ?? ALWAYS_THERE])];
    if (points === null) controls.offer({ methods, method: method ?? ALWAYS_THERE }, columns(), color);
    progress.start(method === null ? "the map" : `the ${methodName(method)} map`);
    try {
      const options = { method: method ?? undefined, color: color || undefined };
      const found = await loadMap(api, library, options, signal, progress.show);
      if (!signal.aborted) show(found, color);
    } catch (error) {
      if (signal.aborted) return;
      asked = "";
      fail(error, "The map could not be drawn");
    }
    progress.stop();
  }

  /** @param {import("../map/answer.js").MapPoints} found @param {string} color */
  function show(found, color) {
    points = found;
    hidden = new Set();
    chart.show(points);
    controls.show(points.header, columns(), color);
    recolor();
    remark();
    announce(summary());
  }

  function recolor() {
    if (points === null) return;
    const { theme } = chart;
    const coloring = colorPoints(points, theme);
    const { selection } = store.get();
    const chosen = selection === null ? null : new Set(selection.rows);
    const column = points.header.color === null ? null : wanted().color;
    const apply = () => chart.color(coloring, hidden, chosen);
    const changed = (/** @type {string} */ text) => {
      apply();
      tellView();
      announce(text);
    };
    apply();
    showLegend(parts.legend, { coloring, column, theme, hidden, changed });
    tellView();
  }

  function remark() {
    Object.assign(chart.marks, marksOf(chart, store.get(), side.pinned()?.row ?? null));
    chart.remark();
  }

  /** @returns {string} the map in words */
  function summary() {
    return points === null ? "" : summaryOf(points.header, wanted().color, chart.rowsInView().length);
  }

  const tellView = debounce(() => {
    parts.summary.textContent = summary();
    table.update(() => chart.rowsInView());
  }, 150);
  chart.moved = tellView;

  /** @param {number[]} rows @param {string} label */
  function select(rows, label) {
    if (rows.length === 0) {
      announce("No pose is selected");
      return;
    }
    store.set({ selection: { rows: rows.sort((a, b) => a - b), label } });
    announce(`${counted(rows.length, "pose")} selected`);
  }

  /** @param {number} row */
  async function pin(row) {
    try {
      const [hit] = await poses.get([row]);
      if (hit !== undefined) side.pin(hit);
      parts.details.scrollIntoView({ block: "nearest" });
      remark();
      announce("The pose is kept beside the map");
    } catch (error) {
      fail(error, "The pose could not be shown");
    }
  }

  /** @param {import("../search/live_search.js").Progress} progress */
  function tellSearch(progress) {
    if (progress.kind === "failed") fail(progress.error, "The search did not work");
    if (progress.kind === "found") announce(`${counted(progress.found.hits.length, "result")} on the map`);
  }

  /** @param {import("../store.js").Hit} hit */
  function goTo(hit) {
    const place = chart.placeOf(hit.row);
    if (place === null) {
      announce("This pose is not among those on the map");
      return;
    }
    chart.viewport.show(...place, NEAR);
    chart.move();
    store.set({ highlight: hit.row });
  }

  listen(parts.plane, chart, {
    tool: controls.tool,
    point: (left, top, touch) => !touch && pointing.point(left, top),
    leave: pointing.leave,
    click: pointing.click,
    outline: (path, done) => {
      const outline = path.map(([left, top]) => chart.viewport.toMap(left, top));
      chart.marks.outline = done || path.length === 0 ? null : outline;
      chart.remark();
      if (done) select(chart.rowsWithin(outline), "within the outline");
    },
    keys: pointing.middle,
    command: (command) => {
      if (command === "open") pointing.open();
      else if (command === "select") select(chart.rowsInView(), "in view");
      else pointing.leave();
    },
  });
  parts.plane.addEventListener("focus", () => parts.plane.matches(":focus-visible") && pointing.middle());
  parts.plane.addEventListener("blur", pointing.leave);

  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", recolor);
  addEventListener("themechange", recolor);
  const stops = [
    store.subscribe(["libraries", "library", "route"], () => void load()),
    store.subscribe(["library"], () => {
      poses.clear();
      store.set({ selection: null, highlight: null });
      side.pin(null);
    }),
    store.subscribe(["selection"], recolor),
    store.subscribe(["query", "results", "highlight"], remark),
  ];
  const search = createLiveSearch(context, tellSearch, () => {});
  void load();

  return () => {
    search.dispose();
    for (const stop of stops) stop();
    scheme.removeEventListener("change", recolor);
    removeEventListener("themechange", recolor);
    tellView.cancel();
    loading.abort();
    side.dispose();
    table.dispose();
    chart.dispose();
    root.replaceChildren();
  };
}
