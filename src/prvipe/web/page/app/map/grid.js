/**
 * Points sorted into the cells of a square grid, so that the nearest one and those of a region are
 * found without looking at all.
 */

const PER_CELL = 4;
const MOST_CELLS = 256;

/** Finds points in the plane. Points for which `shown` is 0 are passed over. */
export class PointGrid {
  /** @param {Float32Array} xy - x and y of every point, in [-1, 1]. */
  constructor(xy) {
    this.xy = xy;
    this.count = xy.length / 2;
    this.side = Math.max(1, Math.min(MOST_CELLS, Math.ceil(Math.sqrt(this.count / PER_CELL))));
    this.starts = new Uint32Array(this.side * this.side + 1);
    this.sorted = new Uint32Array(this.count);
    this.#sort();
  }

  #sort() {
    const cells = new Uint32Array(this.count);
    for (let point = 0; point < this.count; point += 1) {
      cells[point] = this.#cell(this.xy[2 * point]) + this.side * this.#cell(this.xy[2 * point + 1]);
      this.starts[cells[point] + 1] += 1;
    }
    for (let cell = 0; cell < this.side * this.side; cell += 1) {
      this.starts[cell + 1] += this.starts[cell];
    }
    const next = this.starts.slice();
    for (let point = 0; point < this.count; point += 1) this.sorted[next[cells[point]]++] = point;
  }

  /** @param {number} value */
  #cell(value) {
    return Math.max(0, Math.min(this.side - 1, Math.floor(((value + 1) / 2) * this.side)));
  }

  /**
   * The points in a rectangle.
   *
   * @param {{left: number, right: number, bottom: number, top: number}} area
   * @param {Uint8Array} shown - 0 for the points to pass over.
   * @returns {number[]}
   */
  inside({ left, right, bottom, top }, shown) {
    const found = [];
    for (let row = this.#cell(bottom); row <= this.#cell(top); row += 1) {
      const first = this.starts[row * this.side + this.#cell(left)];
      const last = this.starts[row * this.side + this.#cell(right) + 1];
      for (let place = first; place < last; place += 1) {
        const point = this.sorted[place];
        const x = this.xy[2 * point];
        const y = this.xy[2 * point + 1];
        if (shown[point] && x >= left && x <= right && y >= bottom && y <= top) found.push(point);
      }
    }
    return found;
  }

  /**
   * The points within a closed outline (even-odd rule).
   *
   * @param {[number, number][]} outline
   * @param {Uint8Array} shown
   * @returns {number[]}
   */
  within(outline, shown) {
    if (outline.length < 3) return [];
    const xs = outline.map(([x]) => x);
    const ys = outline.map(([, y]) => y);
    const box = {
      left: Math.min(...xs),
      right: Math.max(...xs),
      bottom: Math.min(...ys),
      top: Math.max(...ys),
    };
    return this.inside(box, shown).filter((point) =>
      isWithin(outline, this.xy[2 * point], this.xy[2 * point + 1]),
    );
  }

  /**
   * The point nearest to a place, or null where none is as near as `reach`.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   * @param {Uint8Array} shown
   * @returns {number | null}
   */
  nearest(x, y, reach, shown) {
    // Twice as far each time: the first square with a point in its circle holds the nearest.
    for (let radius = Math.min(reach, 2 / this.side); ; radius = Math.min(reach, 2 * radius)) {
      const found = this.#nearestWithin(x, y, radius, shown);
      if (found !== null || radius === reach) return found;
    }
  }

  /** @param {number} x @param {number} y @param {number} radius @param {Uint8Array} shown */
  #nearestWithin(x, y, radius, shown) {
    const square = { left: x - radius, right: x + radius, bottom: y - radius, top: y + radius };
    let best = radius * radius;
    let found = null;
    for (const point of this.inside(square, shown)) {
      const distance = (this.xy[2 * point] - x) ** 2 + (this.xy[2 * point + 1] - y) ** 2;
      if (distance <= best) {
        best = distance;
        found = point;
      }
    }
    return found;
  }
}

/** @param {[number, number][]} outline @param {number} x @param {number} y */
function isWithin(outline, x, y) {
  let within = false;
  for (let here = 0, before = outline.length - 1; here < outline.length; before = here, here += 1) {
    const [x1, y1] = outline[here];
    const [x2, y2] = outline[before];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) within = !within;
  }
  return within;
}
