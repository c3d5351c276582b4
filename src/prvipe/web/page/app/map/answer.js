/**
 * The binary answer of `GET /v1/libraries/{name}/map`: a JSON header, then the columns of the points.
 *
 * @typedef {{kind: "category", names: string[]} | {kind: "number", range: [number, number]}} ColorColumn
 * @typedef {{count: number, total: number, method: string, methods: string[], color: ColorColumn | null}} MapHeader
 * @typedef {object} MapPoints
 * @property {MapHeader} header
 * @property {Float32Array} xy - x and y of every point, in [-1, 1].
 * @property {Uint32Array} rows - its row in the library.
 * @property {Float32Array} color - index of its category or its number; NaN where unknown.
 */

/**
 * Reads an answer. Points come out shuffled, always in the same way: rows lie in the order of
 * recordings, and the last recording would cover all others.
 *
 * @param {ArrayBuffer} bytes
 * @returns {MapPoints}
 * @throws {Error} when the answer is shorter than its header says.
 */
export function readMap(bytes) {
  const length = new DataView(bytes).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  const start = 4 + length;
  const count = header.count;
  if (bytes.byteLength !== start + 16 * count) {
    throw new Error(`the map holds ${bytes.byteLength - start} bytes, not 16 for each of ${count} points`);
  }
  const order = shuffled(count);
  const xy = new Float32Array(bytes, start, 2 * count);
  const rows = new Uint32Array(bytes, start + 8 * count, count);
  const color = new Float32Array(bytes, start + 12 * count, count);
  const points = {
    header,
    xy: new Float32Array(2 * count),
    rows: new Uint32Array(count),
    color: new Float32Array(count),
  };
  order.forEach((from, to) => {
    points.xy[2 * to] = xy[2 * from];
    points.xy[2 * to + 1] = xy[2 * from + 1];
    points.rows[to] = rows[from];
    points.color[to] = color[from];
  });
  return points;
}

/** @param {number} count @returns {Uint32Array} the same permutation of 0 ... count - 1 each time. */
function shuffled(count) {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  let state = 12345;
  for (let last = count - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((state / 4294967296) * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/**
 * The box around all points, at least a little wide.
 *
 * @param {Float32Array} xy
 * @returns {{left: number, right: number, bottom: number, top: number}}
 */
export function boundsOf(xy) {
  const box = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (let place = 0; place < xy.length; place += 2) {
    box.left = Math.min(box.left, xy[place]);
    box.right = Math.max(box.right, xy[place]);
    box.bottom = Math.min(box.bottom, xy[place + 1]);
    box.top = Math.max(box.top, xy[place + 1]);
  }
  if (xy.length === 0) return { left: -1, right: 1, bottom: -1, top: 1 };
  const spare = 0.02;
  return {
    left: box.left - spare,
    right: box.right + spare,
    bottom: box.bottom - spare,
    top: box.top + spare,
  };
}
