/** Which part of the plane is in view: places of the map (y upwards) <-> pixels of the screen. */

const MARGIN = 0.08;
const MOST_ZOOM = 400;

/** Centre and scale of the view. Sizes are in CSS pixels. */
export class Viewport {
  constructor() {
    this.width = 1;
    this.height = 1;
    this.bounds = { left: -1, right: 1, bottom: -1, top: 1 };
    this.x = 0;
    this.y = 0;
    this.scale = this.fitted;
  }

  /** Pixels of one unit when the whole map is in view. */
  get fitted() {
    const { left, right, bottom, top } = this.bounds;
    return (1 - MARGIN) * Math.min(this.width / (right - left), this.height / (top - bottom));
  }

  /** How much larger than the whole map in view. */
  get zoom() {
    return this.scale / this.fitted;
  }

  /** The whole map in view. */
  fit() {
    const { left, right, bottom, top } = this.bounds;
    this.scale = this.fitted;
    this.x = (left + right) / 2;
    this.y = (bottom + top) / 2;
  }

  /** @param {{left: number, right: number, bottom: number, top: number}} bounds - the whole map. */
  frame(bounds) {
    this.bounds = bounds;
    this.fit();
  }

  /**
   * The same part of the map, in a view of another size.
   *
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    const zoom = this.zoom;
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.scale = zoom * this.fitted;
  }

  /** @param {number} right @param {number} down - pixels that the picture moves. */
  pan(right, down) {
    this.x = clamp(this.x - right / this.scale, -1, 1);
    this.y = clamp(this.y + down / this.scale, -1, 1);
  }

  /**
   * Zooms by a factor; what lies under the pixel (left, top) stays there.
   *
   * @param {number} factor
   * @param {number} left
   * @param {number} top
   */
  zoomAt(factor, left, top) {
    const [x, y] = this.toMap(left, top);
    this.scale = clamp(this.scale * factor, this.fitted, MOST_ZOOM * this.fitted);
    const [newX, newY] = this.toMap(left, top);
    this.x = clamp(this.x + x - newX, -1, 1);
    this.y = clamp(this.y + y - newY, -1, 1);
  }

  /**
   * Puts a place in the middle; zooms in if it was far out.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} zoom - at least this.
   */
  show(x, y, zoom) {
    this.scale = Math.max(this.scale, zoom * this.fitted);
    this.x = clamp(x, -1, 1);
    this.y = clamp(y, -1, 1);
  }

  /** @param {number} left @param {number} top @returns {[number, number]} */
  toMap(left, top) {
    return [
      this.x + (left - this.width / 2) / this.scale,
      this.y - (top - this.height / 2) / this.scale,
    ];
  }

  /** @param {number} x @param {number} y @returns {[number, number]} */
  toScreen(x, y) {
    return [
      (x - this.x) * this.scale + this.width / 2,
      (this.y - y) * this.scale + this.height / 2,
    ];
  }

  /** @returns {{left: number, right: number, bottom: number, top: number}} what is in view. */
  get area() {
    const [left, top] = this.toMap(0, 0);
    const [right, bottom] = this.toMap(this.width, this.height);
    return { left, right, bottom, top };
  }
}

/** @param {number} value @param {number} least @param {number} most */
function clamp(value, least, most) {
  return Math.max(least, Math.min(most, value));
}
