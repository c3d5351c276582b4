/** The picture of the map: points in one canvas, marks in another above it. */

import { h } from "../dom.js";
import { boundsOf } from "./answer.js";
import { PointGrid } from "./grid.js";
import { drawMarks } from "./marks.js";
import { CLEAR, FADED, HIDDEN, drawDiscs, makeDisc, mix, packColor } from "./raster.js";
import { Viewport } from "./viewport.js";

const MOST_PIXELS = 6e6;
const MOST_MOVING = 2e6; // pixels while the map moves; more are drawn once it rests
const REST = 160; // milliseconds
const FADING = 56; // of 256: how much is left of the colour of points in the background

/**
 * @typedef {import("./answer.js").MapPoints} MapPoints
 * @typedef {import("./palette.js").Coloring} Coloring
 * @typedef {import("./marks.js").Marks} Marks
 */

const NO_POINTS = { xy: new Float32Array(0), rows: new Uint32Array(0) };

/** Draws points and marks whenever something has changed, once a frame at most. */
export class Chart {
  /** @param {HTMLElement} root - the canvases fill it. */
  constructor(root) {
    this.root = root;
    this.viewport = new Viewport();
    this.canvas = h("canvas", { class: "map-points", "aria-hidden": "true" });
    this.above = h("canvas", { class: "map-marks", "aria-hidden": "true" });
    root.prepend(this.canvas, this.above);
    /** @type {Marks} */
    this.marks = { query: null, results: [], highlight: null, pinned: null, outline: null, cross: false };
    /** Called after every change of what is in view. */
    this.moved = () => {};
    this.frame = 0;
    this.stale = true;
    this.look = this.#readLook();
    this.resizing = new ResizeObserver(() => this.#resize());
    this.resizing.observe(root);
    /** @type {Pick<MapPoints, "xy" | "rows">} */
    this.points = NO_POINTS;
    this.grid = new PointGrid(NO_POINTS.xy);
    this.layers = new Uint8Array(0);
    this.colors = new Uint32Array(0);
    /** @type {Map<number, number>} */
    this.places = new Map();
    this.ratio = 1;
    this.resting = 0;
    this.image = new ImageData(1, 1);
    this.pixels = new Uint32Array(1);
    this.sized = false;
  }

  /** @param {Pick<MapPoints, "xy" | "rows">} points - a new map, all of which comes into view. */
  show(points) {
    this.points = points;
    this.viewport.frame(boundsOf(points.xy));
    this.grid = new PointGrid(points.xy);
    this.layers = new Uint8Array(points.rows.length).fill(CLEAR);
    this.colors = new Uint32Array(points.rows.length);
    this.places = new Map();
    points.rows.forEach((row, at) => this.places.set(row, at));
    this.redraw();
  }

  /**
   * @param {Coloring} coloring
   * @param {Set<number>} hidden - groups that are not drawn.
   * @param {Set<number> | null} chosen - rows in front, all others fade; null: all alike.
   */
  color(coloring, hidden, chosen) {
    this.look = this.#readLook();
    const ground = packColor(this.look.halo);
    for (let point = 0; point < this.layers.length; point += 1) {
      const behind = chosen !== null && !chosen.has(this.points.rows[point]);
      const color = coloring.colors[point];
      this.layers[point] = hidden.has(coloring.groups[point]) ? HIDDEN : behind ? FADED : CLEAR;
      this.colors[point] = behind ? mix(ground, color, FADING) : color;
    }
    this.redraw();
  }

  /** @param {number} row @returns {[number, number] | null} where it is on the map. */
  placeOf(row) {
    const point = this.places.get(row);
    return point === undefined ? null : [this.points.xy[2 * point], this.points.xy[2 * point + 1]];
  }

  /**
   * @param {number} left
   * @param {number} top
   * @param {number} reach - CSS pixels.
   * @returns {number | null} row of the point nearest to a pixel.
   */
  rowAt(left, top, reach) {
    const [x, y] = this.viewport.toMap(left, top);
    const point = this.grid.nearest(x, y, reach / this.viewport.scale, this.layers);
    return point === null ? null : this.points.rows[point];
  }

  /** @returns {number[]} rows of all points in view. */
  rowsInView() {
    const points = this.grid.inside(this.viewport.area, this.layers);
    return points.map((point) => this.points.rows[point]);
  }

  /** @param {[number, number][]} outline @returns {number[]} rows of the points within it. */
  rowsWithin(outline) {
    return this.grid.within(outline, this.layers).map((point) => this.points.rows[point]);
  }

  /** Radius of points in CSS pixels: small where they are many. */
  get radius() {
    const apart = (2 * this.viewport.scale) / Math.sqrt(Math.max(1, this.points.rows.length));
    return this.look.size * Math.max(1.2, Math.min(5, 0.35 * apart));
  }

  /** Draw again before the next frame. */
  redraw() {
    this.stale = true;
    this.remark();
  }

  /** As `redraw`, where only the marks have changed. */
  remark() {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.paint());
  }

  /** As `redraw`, after a change of the viewport. */
  move() {
    this.#setPixels(MOST_MOVING);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.#setPixels(MOST_PIXELS);
      this.redraw();
    }, REST);
    this.redraw();
    this.moved();
  }

  /** Draw now. */
  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (!this.sized) return;
    if (this.stale) this.#paintPoints();
    this.stale = false;
    const context = this.above.getContext("2d");
    const ratio = this.above.width / this.viewport.width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.viewport.width, this.viewport.height);
    drawMarks(context, this.viewport, this.marks, this.look);
  }

  #paintPoints() {
    const { viewport, ratio, image, pixels } = this;
    const scale = viewport.scale * ratio;
    const placing = {
      scale,
      left: (viewport.width * ratio) / 2 - viewport.x * scale,
      top: (viewport.height * ratio) / 2 + viewport.y * scale,
    };
    const points = { xy: this.points.xy, colors: this.colors, layers: this.layers };
    const disc = makeDisc(this.radius * ratio, image.width);
    pixels.fill(packColor(this.look.halo));
    for (const layer of [FADED, CLEAR]) drawDiscs(pixels, image, points, layer, placing, disc);
    this.canvas.getContext("2d", { alpha: false }).putImageData(image, 0, 0);
  }

  /** @returns {"light" | "dark"} what the ground is. */
  get theme() {
    const ground = packColor(this.#readLook().halo);
    return ((ground >>> 8) & 255) > 127 ? "light" : "dark";
  }

  /** @returns {import("./marks.js").Look} as the page has it now. */
  #readLook() {
    const style = getComputedStyle(this.root);
    const [line, halo, accent] = ["line", "ground", "accent"].map((name) =>
      style.getPropertyValue(`--map-${name}`),
    );
    const size = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    return { line, halo, accent, size };
  }

  #resize() {
    const { width, height } = this.root.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    this.viewport.resize(width, height);
    this.#setPixels(MOST_PIXELS);
    this.above.width = this.canvas.width;
    this.above.height = this.canvas.height;
    this.stale = true;
    this.paint();
    this.moved();
  }

  /** @param {number} most - pixels of the picture of the points; it is stretched to the view. */
  #setPixels(most) {
    const { width, height } = this.viewport;
    this.ratio = Math.min(devicePixelRatio || 1, Math.sqrt(most / (width * height)));
    const size = [width, height].map((length) => Math.max(1, Math.round(length * this.ratio)));
    this.sized = true;
    if (this.image.width === size[0] && this.image.height === size[1]) return;
    [this.canvas.width, this.canvas.height] = size;
    this.image = new ImageData(size[0], size[1]);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** Stop drawing. */
  dispose() {
    clearTimeout(this.resting);
    cancelAnimationFrame(this.frame);
    this.resizing.disconnect();
  }
}
