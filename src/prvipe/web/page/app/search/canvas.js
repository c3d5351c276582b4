/** The stick figure that is dragged: joints by mouse, touch, pen and keyboard. */

import { svg } from "../dom.js";
import { EDGES, jointName, JOINTS, sideOf } from "../skeleton.js";
import { guessJoints, hide, move, same, show, SIZE } from "./pose_operations.js";
import { PRESETS } from "./presets.js";

/** @typedef {import("../store.js").Point} Point */

const STEP = 5;
const BIG_STEP = 25;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** Pixels around a joint in which it is taken hold of. */
/** @type {Record<string, number>} */
const REACH = { mouse: 18, pen: 22, touch: 34 };

/**
 * @param {object} handlers
 * @param {(pose: Point[]) => void} handlers.onDrag the pose changes and goes on changing
 * @param {(pose: Point[], text: string) => void} handlers.onChange the pose has changed
 * @param {(joint: number | null) => void} handlers.onSelect
 * @param {() => boolean} handlers.followers whether the rest of the limb moves along
 */
export function createCanvas({ onDrag, onChange, onSelect, followers }) {
  const bones = EDGES.map((edge) => svg("line", { class: `bone ${sideOf(...edge)}` }));
  const joints = JOINTS.map((_, joint) => createJoint(joint));
  const root = svg(
    "svg",
    {
      class: "editor-canvas",
      viewBox: `0 0 ${SIZE} ${SIZE}`,
      role: "application",
      "aria-label": "Pose editor",
      "aria-describedby": "editor-help",
    },
    svg("g", { "aria-hidden": "true" }, ...bones),
    ...joints,
  );
  /** @type {Point[]} */
  let pose = JOINTS.map(() => null);
  /** Where hidden joints were. @type {Point[]} */
  let ghosts = JOINTS.map(() => null);
  /** @type {{joint: number, pointer: number, start: Point[], from: [number, number], moved: boolean} | null} */
  let drag = null;

  root.addEventListener("pointerdown", take);
  root.addEventListener("pointermove", pull);
  root.addEventListener("pointerup", release);
  root.addEventListener("pointercancel", release);
  root.addEventListener("lostpointercapture", release);

  return {
    root,
    setPose,
    setAmbiguous,
    toggleJoint,
    isDragging: () => drag !== null,
    /** The pose with all hidden joints where they were or may be. */
    completed: () => pose.map((point, joint) => point ?? ghosts[joint]),
  };

  /** @param {number} joint */
  function createJoint(joint) {
    const size = joint === 0 ? 34 : 17;
    return svg(
      "g",
      {
        class: `editor-joint ${sideOf(joint)}${joint === 0 ? " head" : ""}`,
        tabindex: "0",
        role: "button",
        "data-joint": JOINTS[joint],
        onkeydown: (/** @type {KeyboardEvent} */ event) => press(event, joint),
        onfocus: () => onSelect(joint),
      },
      svg("circle", { class: "reach", r: 60 }),
      svg("circle", { class: "doubt", r: size + 18 }),
      svg("circle", { class: "halo", r: size + 12 }),
      svg("circle", { class: `joint ${sideOf(joint)}`, r: size }),
    );
  }

  /** @param {Point[]} next @param {boolean} [isOther] another pose rather than this one, changed */
  function setPose(next, isOther = false) {
    const guessed = guessJoints(next, PRESETS[0].keypoints);
    const remembered = isOther ? guessed : pose.map((point, joint) => point ?? ghosts[joint]);
    ghosts = next.map((point, joint) => point ?? remembered[joint] ?? guessed[joint]);
    pose = next;
    EDGES.forEach(([first, second], number) => {
      const [a, b] = [pose[first], pose[second]];
      bones[number].toggleAttribute("hidden", !(a && b));
      bones[number].classList.toggle("absent", !(a && b));
      if (!a || !b) return;
      const ends = { x1: a[0], y1: a[1], x2: b[0], y2: b[1] };
      for (const [name, value] of Object.entries(ends)) bones[number].setAttribute(name, value);
    });
    joints.forEach((element, joint) => {
      const point = pose[joint];
      const at = ghosts[joint];
      element.setAttribute("transform", `translate(${at?.[0]} ${at?.[1]})`);
      element.classList.toggle("hidden-joint", !point);
      label(joint);
    });
  }

  /** @param {number} joint */
  function label(joint) {
    const point = pose[joint];
    const [x, y] = (point ?? [0, 0]).map((value) => Math.round((100 * value) / SIZE));
    const doubt = joints[joint].classList.contains("ambiguous") ? ", uncertain" : "";
    const text = point
      ? `${jointName(joint)}, ${x} right, ${y} down${doubt}`
      : `${jointName(joint)}, hidden; press Enter to show it`;
    joints[joint].setAttribute("aria-label", text);
  }

  /** Mark joints whose place in space is open. @param {Set<string>} names */
  function setAmbiguous(names) {
    joints.forEach((element, joint) => {
      element.classList.toggle("ambiguous", names.has(JOINTS[joint]));
      label(joint);
    });
  }

  /** Hide a joint or show it again. @param {number} joint */
  function toggleJoint(joint) {
    if (pose[joint] && pose.filter(Boolean).length === 1) {
      onChange(pose, "One joint must stay");
      return;
    }
    const next = pose[joint] ? hide(pose, joint) : show(pose, joint, ghosts[joint]);
    onChange(next, `${jointName(joint)} ${next[joint] ? "shown" : "hidden"}`);
  }

  /** @param {KeyboardEvent} event @param {number} joint */
  function press(event, joint) {
    const arrow = ARROWS[event.key];
    if (arrow && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (!pose[joint]) return;
      const step = event.shiftKey ? BIG_STEP : STEP;
      onChange(move(pose, joint, arrow[0] * step, arrow[1] * step, followers()), "");
    } else if (["Delete", "Backspace", "h", "H"].includes(event.key) && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      toggleJoint(joint);
    } else if ((event.key === "Enter" || event.key === " ") && !pose[joint]) {
      event.preventDefault();
      toggleJoint(joint);
    }
  }

  /** @param {PointerEvent} event @returns {[number, number]} in the editor's square */
  function placeOf(event) {
    const box = root.getBoundingClientRect();
    return [((event.clientX - box.x) / box.width) * SIZE, ((event.clientY - box.y) / box.height) * SIZE];
  }

  /** The joint nearest to a point; hidden ones only where no other is in reach. */
  function nearest(/** @type {[number, number]} */ [x, y], /** @type {number} */ reach) {
    const far = joints.map((_, joint) => {
      const at = pose[joint] ?? ghosts[joint];
      return at ? Math.hypot(at[0] - x, at[1] - y) - (joint === 0 ? 17 : 0) : Infinity;
    });
    for (const known of [true, false]) {
      const least = Math.min(...far.filter((_, joint) => Boolean(pose[joint]) === known));
      if (least < reach) return far.indexOf(least);
    }
    return null;
  }

  /** @param {PointerEvent} event */
  function take(event) {
    if (drag !== null || event.button !== 0) return;
    const from = placeOf(event);
    const reach = ((REACH[event.pointerType] ?? REACH.mouse) / root.getBoundingClientRect().width) * SIZE;
    const joint = nearest(from, reach);
    if (joint === null) return;
    event.preventDefault();
    joints[joint].focus({ preventScroll: true });
    if (!pose[joint]) {
      toggleJoint(joint);
      return;
    }
    root.setPointerCapture(event.pointerId);
    drag = { joint, pointer: event.pointerId, start: pose, from, moved: false };
    root.classList.add("dragging");
  }

  /** @param {PointerEvent} event */
  function pull(event) {
    if (drag === null || event.pointerId !== drag.pointer) return;
    const [x, y] = placeOf(event);
    const alone = event.shiftKey ? !followers() : followers();
    const next = move(drag.start, drag.joint, x - drag.from[0], y - drag.from[1], alone);
    if (same(next, pose)) return;
    drag.moved = true;
    setPose(next);
    onDrag(next);
  }

  /** @param {PointerEvent} event */
  function release(event) {
    if (drag === null || event.pointerId !== drag.pointer) return;
    const { joint, moved, start } = drag;
    drag = null;
    root.classList.remove("dragging");
    if (moved) onChange(pose, same(pose, start) ? "" : `${jointName(joint)} moved`);
  }
}
