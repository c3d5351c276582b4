/** The buttons around the stick figure. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { jointName } from "../skeleton.js";
import { fit, mirror, rotate, scale, swapSides } from "./pose_operations.js";
import { poseFromJson, poseToJson } from "./pose_text.js";

/** @typedef {import("../store.js").Point} Point */

/**
 * @param {object} editor
 * @param {import("../main.js").Context} editor.context
 * @param {() => Point[]} editor.getPose
 * @param {() => Point[]} editor.completed the pose with its hidden joints
 * @param {(pose: Point[], text: string) => void} editor.apply a change of the pose
 * @param {(pose: Point[], query: Partial<import("../store.js").Query>) => void} editor.load
 * @param {() => void} editor.toggleJoint
 * @param {(on: boolean) => void} editor.setLimb
 * @param {() => void} editor.undo
 * @param {() => void} editor.redo
 */
export function createTools({ context, getPose, completed, apply, load, toggleJoint, setLimb, undo, redo }) {
  const undoButton = button("undo", "Undo", undo);
  const redoButton = button("redo", "Do again", redo);
  const hideButton = button("hide", "Hide the chosen joint", toggleJoint);
  const limbButton = button("limb", "The rest of the limb moves along", () => {
    const on = limbButton.getAttribute("aria-pressed") !== "true";
    limbButton.setAttribute("aria-pressed", String(on));
    setLimb(on);
  });
  limbButton.setAttribute("aria-pressed", "true");

  const change = (/** @type {(pose: Point[]) => Point[]} */ how, /** @type {string} */ text) => () =>
    apply(how(getPose()), text);
  const bar = h(
    "div",
    { class: "tool-bar", role: "group", "aria-label": "Change the pose" },
    button("mirror", "Mirror image", change(mirror, "Mirrored")),
    button("swap", "Exchange left and right", change(swapSides, "Left and right exchanged")),
    button("rotateLeft", "Turn left", change((pose) => rotate(pose, -15), "Turned left")),
    button("rotateRight", "Turn right", change((pose) => rotate(pose, 15), "Turned right")),
    button("smaller", "Smaller", change((pose) => scale(pose, 1 / 1.15), "Smaller")),
    button("larger", "Larger", change((pose) => scale(pose, 1.15), "Larger")),
    button("reset", "Fit into the frame", change(fit, "Fitted into the frame")),
    limbButton,
    hideButton,
    button("showAll", "Show all joints", () => apply(completed(), "All joints shown")),
    button("copy", "Copy as JSON", copy),
    button("paste", "Paste JSON", paste),
    button("link", "Copy a link to this search", copyLink),
  );

  return {
    bar,
    history: h("div", { class: "history", role: "group", "aria-label": "History" }, undoButton, redoButton),

    /** @param {boolean} canUndo @param {boolean} canRedo */
    setHistory(canUndo, canRedo) {
      // Not `disabled`: the focus would fall from a button that has done its last step.
      undoButton.setAttribute("aria-disabled", String(!canUndo));
      redoButton.setAttribute("aria-disabled", String(!canRedo));
    },

    /** @param {number | null} joint @param {boolean} visible */
    setSelected(joint, visible) {
      const text =
        joint === null
          ? "Hide a joint: choose one first"
          : `${visible ? "Hide" : "Show"} the ${jointName(joint)}`;
      hideButton.setAttribute("aria-disabled", String(joint === null));
      hideButton.setAttribute("aria-label", text);
      hideButton.title = text;
      hideButton.replaceChildren(icon(visible || joint === null ? "hide" : "show"));
    },
  };

  async function copy() {
    await toClipboard(poseToJson(getPose()), "The pose is copied");
  }

  async function copyLink() {
    // The address is a moment behind the pose.
    setTimeout(() => void toClipboard(location.href, "The link is copied"), 350);
  }

  /** @param {string} text @param {string} done */
  async function toClipboard(text, done) {
    try {
      await navigator.clipboard.writeText(text);
      context.notify(done);
    } catch {
      context.fail(new Error("The browser does not let this page use the clipboard."), "Not copied");
    }
  }

  async function paste() {
    try {
      const text = await navigator.clipboard.readText();
      load(poseFromJson(text), { origin: "file", label: "pasted" });
      context.announce("The pasted pose is the query");
    } catch (error) {
      const denied = error instanceof DOMException;
      const reason = denied ? new Error("Press Ctrl+V anywhere on the page instead.") : error;
      context.fail(reason, "Nothing was pasted");
    }
  }
}

/** @param {Parameters<typeof icon>[0]} name @param {string} label @param {() => void} onclick */
function button(name, label, onclick) {
  const made = h("button", { type: "button", class: "icon-button", "aria-label": label, title: label }, icon(name));
  made.addEventListener("click", () => {
    if (made.getAttribute("aria-disabled") !== "true") onclick();
  });
  return made;
}
