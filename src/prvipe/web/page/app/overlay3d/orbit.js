/** From where both poses are looked at, and how mouse, touch and keys turn them. */

/** Half the angle of view, as a tangent. */
export const HALF_VIEW = Math.tan((32 * Math.PI) / 360);

const NEAREST = 3;
const FARTHEST = 20;
const STEEPEST = 1.5;
const KEY_STEP = Math.PI / 24;
const START = { azimuth: 0.5, elevation: 0.18 };

/** A camera on a sphere around the middle. Angles in radians, distance in torso lengths. */
export class Orbit {
  /** @param {import("./frame.js").Vector[]} joints - all that is to be in view. */
  constructor(joints) {
    const reach = Math.max(0.5, ...joints.map((joint) => Math.hypot(...joint)));
    this.fitting = Math.min(FARTHEST, (1.1 * reach) / Math.sin(Math.atan(HALF_VIEW)));
    this.azimuth = START.azimuth;
    this.elevation = START.elevation;
    this.distance = this.fitting;
  }

  /** As at the beginning. */
  reset() {
    this.look(START.azimuth, START.elevation);
    this.distance = this.fitting;
  }

  /** @param {number} azimuth - 0 is in front of the body. @param {number} elevation */
  look(azimuth, elevation) {
    this.azimuth = azimuth;
    this.elevation = Math.max(-STEEPEST, Math.min(STEEPEST, elevation));
  }

  /** @param {number} right @param {number} down - radians. */
  turn(right, down) {
    this.look(this.azimuth - right, this.elevation + down);
  }

  /** @param {number} factor */
  zoom(factor) {
    this.distance = Math.max(NEAREST, Math.min(FARTHEST, this.distance / factor));
  }

  /** @returns {import("./frame.js").Vector} where the camera is. */
  get position() {
    const flat = this.distance * Math.cos(this.elevation);
    return [
      flat * Math.sin(this.azimuth),
      this.distance * Math.sin(this.elevation),
      flat * Math.cos(this.azimuth),
    ];
  }

  /**
   * @param {import("./frame.js").Vector} point
   * @param {number} width
   * @param {number} height
   * @returns {{left: number, top: number, depth: number, scale: number}} pixels; the distance from
   *   the camera; pixels of one torso length there.
   */
  project([x, y, z], width, height) {
    const [sin, cos] = [Math.sin(this.azimuth), Math.cos(this.azimuth)];
    const [rise, level] = [Math.sin(this.elevation), Math.cos(this.elevation)];
    const right = x * cos - z * sin;
    const near = x * sin + z * cos;
    const up = y * level - near * rise;
    const depth = Math.max(0.1, this.distance - (near * level + y * rise));
    const scale = height / 2 / HALF_VIEW / depth;
    return { left: width / 2 + right * scale, top: height / 2 - up * scale, depth, scale };
  }
}

/**
 * @param {HTMLElement} element
 * @param {Orbit} orbit
 * @param {() => void} changed
 */
export function listenTurning(element, orbit, changed) {
  /** @type {Map<number, [number, number]>} */
  const pointers = new Map();

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  element.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const apart = spread(pointers);
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (pointers.size > 1) orbit.zoom(spread(pointers) / Math.max(1, apart));
    else {
      const full = (2 * Math.PI) / Math.max(200, element.clientWidth);
      orbit.turn((event.clientX - before[0]) * full, (event.clientY - before[1]) * full);
    }
    changed();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    element.addEventListener(end, (event) => pointers.delete(/** @type {PointerEvent} */ (event).pointerId));
  }
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      orbit.zoom(Math.exp(-event.deltaY * 0.0012));
      changed();
    },
    { passive: false },
  );
  element.addEventListener("keydown", (event) => {
    /** @type {Record<string, () => void>} */
    const moves = {
      ArrowLeft: () => orbit.turn(-KEY_STEP, 0),
      ArrowRight: () => orbit.turn(KEY_STEP, 0),
      ArrowUp: () => orbit.turn(0, -KEY_STEP),
      ArrowDown: () => orbit.turn(0, KEY_STEP),
      "+": () => orbit.zoom(1.15),
      "=": () => orbit.zoom(1.15),
      "-": () => orbit.zoom(1 / 1.15),
      0: () => orbit.reset(),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in moves)) return;
    event.preventDefault();
    moves[event.key]();
    changed();
  });
}

/** @param {Map<number, [number, number]>} pointers @returns {number} pixels between two of them. */
function spread(pointers) {
  const [a, b] = [...pointers.values()];
  return b === undefined ? 1 : Math.hypot(a[0] - b[0], a[1] - b[1]);
}
