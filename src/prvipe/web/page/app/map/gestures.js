/** Mouse, touch and keys on the map: moving it, pointing at poses, drawing an outline. */

const STILL = 4; // pixels that a press may move and still be a click
const KEY_STEP = 60;

/**
 * @typedef {"move" | "lasso" | "rectangle"} Tool
 *
 * @typedef {object} Actions - what gestures cause; places are CSS pixels within the map.
 * @property {() => Tool} tool
 * @property {(left: number, top: number, touch: boolean) => void} point - a pointer rests or moves here.
 * @property {() => void} leave
 * @property {(left: number, top: number, touch: boolean) => void} click
 * @property {(outline: [number, number][], done: boolean) => void} outline
 * @property {() => void} keys - the view was moved by a key.
 * @property {(key: "open" | "select" | "leave") => void} command
 */

/**
 * @param {HTMLElement} element
 * @param {import("./chart.js").Chart} chart
 * @param {Actions} actions
 */
export function listen(element, chart, actions) {
  /** @type {Map<number, [number, number]>} */
  const pointers = new Map();
  /** @type {{start: [number, number], path: [number, number][], tool: Tool, still: boolean} | null} */
  let press = null;

  /** @param {PointerEvent | WheelEvent} event @returns {[number, number]} */
  const placeOf = (event) => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target !== element) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, placeOf(event));
    const tool = event.shiftKey ? "lasso" : actions.tool();
    const place = placeOf(event);
    if (pointers.size === 1) press = { start: place, path: [place], tool, still: true };
    else if (press !== null) {
      if (press.tool !== "move") actions.outline([], false);
      press = { ...press, tool: "move", still: false };
    }
  });

  element.addEventListener("pointermove", (event) => {
    const place = placeOf(event);
    const before = pointers.get(event.pointerId);
    if (before === undefined || press === null) {
      if (event.target === element) actions.point(...place, event.pointerType === "touch");
      return;
    }
    if (pointers.size === 2) pinch(chart, [...pointers.values()], event.pointerId, pointers, place);
    pointers.set(event.pointerId, place);
    if (pointers.size > 1) return;
    press.still &&= Math.hypot(place[0] - press.start[0], place[1] - press.start[1]) < STILL;
    if (press.still) return;
    actions.leave();
    if (press.tool === "move") {
      chart.viewport.pan(place[0] - before[0], place[1] - before[1]);
      chart.move();
    } else {
      press.path.push(place);
      actions.outline(outlineOf(press), false);
    }
  });

  const release = (/** @type {PointerEvent} */ event) => {
    if (!pointers.delete(event.pointerId) || press === null || pointers.size > 0) return;
    const cancelled = event.type === "pointercancel";
    if (press.still && !cancelled) actions.click(...placeOf(event), event.pointerType === "touch");
    else if (press.tool !== "move") actions.outline(cancelled ? [] : outlineOf(press), true);
    press = null;
  };
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", release);
  element.addEventListener("pointerleave", () => actions.leave());

  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const speed = event.ctrlKey ? 0.01 : 0.0016;
      chart.viewport.zoomAt(Math.exp(-event.deltaY * lines * speed), ...placeOf(event));
      chart.move();
    },
    { passive: false },
  );

  element.addEventListener("dblclick", (event) => {
    chart.viewport.zoomAt(2, ...placeOf(/** @type {any} */ (event)));
    chart.move();
  });

  element.addEventListener("keydown", (event) => {
    if (event.target === element && pressKey(event, chart, actions)) event.preventDefault();
  });
}

/**
 * @param {import("./chart.js").Chart} chart
 * @param {[number, number][]} before - both fingers.
 * @param {number} moved - id of the one that moves.
 * @param {Map<number, [number, number]>} pointers
 * @param {[number, number]} place - where it moves to.
 */
function pinch(chart, before, moved, pointers, place) {
  const after = [...pointers].map(([id, old]) => (id === moved ? place : old));
  const middle = (/** @type {[number, number][]} */ [a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const apart = (/** @type {[number, number][]} */ [a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  const [from, to] = [middle(before), middle(after)];
  chart.viewport.pan(to[0] - from[0], to[1] - from[1]);
  chart.viewport.zoomAt(apart(after) / Math.max(1, apart(before)), to[0], to[1]);
  chart.move();
}

/** @param {{start: [number, number], path: [number, number][], tool: Tool}} press @returns {[number, number][]} */
function outlineOf({ start, path, tool }) {
  if (tool === "lasso") return path;
  const [left, top] = start;
  const [right, bottom] = path[path.length - 1];
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

/** @param {KeyboardEvent} event @param {import("./chart.js").Chart} chart @param {Actions} actions */
function pressKey(event, chart, actions) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const { viewport } = chart;
  const step = event.shiftKey ? KEY_STEP / 6 : KEY_STEP;
  const middle = /** @type {[number, number]} */ ([viewport.width / 2, viewport.height / 2]);
  /** @type {Record<string, () => void>} */
  const moves = {
    ArrowLeft: () => viewport.pan(step, 0),
    ArrowRight: () => viewport.pan(-step, 0),
    ArrowUp: () => viewport.pan(0, step),
    ArrowDown: () => viewport.pan(0, -step),
    "+": () => viewport.zoomAt(1.4, ...middle),
    "=": () => viewport.zoomAt(1.4, ...middle),
    "-": () => viewport.zoomAt(1 / 1.4, ...middle),
    0: () => viewport.fit(),
  };
  /** @type {Record<string, "open" | "select" | "leave">} */
  const commands = { Enter: "open", " ": "open", s: "select", Escape: "leave" };
  if (event.key in moves) {
    moves[event.key]();
    chart.move();
    actions.keys();
    return true;
  }
  if (event.key in commands) {
    actions.command(commands[event.key]);
    return true;
  }
  return false;
}
