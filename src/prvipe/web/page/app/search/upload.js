/** Files as queries: chosen, dropped or pasted anywhere in the view. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { poseFromJson } from "./pose_text.js";
import { choosePerson } from "./upload_dialog.js";

/**
 * @param {import("../main.js").Context} context
 * @param {HTMLElement} view in which files may be dropped
 * @param {(pose: import("../store.js").Point[], label: string) => void} onPose
 */
export function createUpload(context, view, onPose) {
  const { api, announce, fail } = context;
  const input = h("input", { type: "file", id: "query-file", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true" });
  const button = h("button", { type: "button", class: "button", title: "Open a photo, video or keypoint file", onclick: () => input.click() }, icon("upload"), "Open");
  const status = h("div", { class: "upload-status small", hidden: true });
  const cancel = h("button", { type: "button", class: "button" }, "Stop");
  const veil = h("div", { class: "drop-veil", hidden: true, "aria-hidden": "true" }, h("p", {}, icon("upload"), "Drop it to search for its pose"));
  view.append(veil, input);
  /** @type {AbortController | null} */
  let reading = null;
  let depth = 0;

  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    input.value = "";
    if (file) void read(file);
  });
  cancel.addEventListener("click", () => reading?.abort());
  /** @type {[string, (event: any) => void][]} */
  const listeners = Object.entries({ dragenter: enter, dragleave: leave, dragover: over, drop, paste });
  for (const [name, listener] of listeners) addEventListener(name, listener);
  return {
    button,
    status,
    dispose() {
      reading?.abort();
      for (const [name, listener] of listeners) removeEventListener(name, listener);
    },
  };

  /** @param {File} file */
  async function read(file) {
    reading?.abort();
    const mine = new AbortController();
    reading = mine;
    status.hidden = false;
    status.replaceChildren(h("span", { class: "spinner", "aria-hidden": "true" }), h("span", {}, `Reading ${file.name}…`), cancel);
    announce(`Reading ${file.name}`);
    try {
      const answer = await api.read(file, file.name, mine.signal);
      status.hidden = true;
      const chosen = await choosePerson(file, answer);
      if (chosen !== null) {
        onPose(chosen, file.name);
        announce(`A pose of ${file.name} is the query`);
      }
    } catch (error) {
      fail(error, `${file.name} cannot be read`);
    } finally {
      if (reading === mine) {
        reading = null;
        status.hidden = true;
        button.focus({ preventScroll: true });
      }
    }
  }

  /** @param {DragEvent} event */
  function enter(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    depth += 1;
    veil.hidden = false;
  }

  function leave() {
    depth = Math.max(0, depth - 1);
    veil.hidden = depth === 0;
  }

  /** @param {DragEvent} event */
  function over(event) {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  }

  /** @param {DragEvent} event */
  function drop(event) {
    depth = 0;
    veil.hidden = true;
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    void read(file);
  }

  /** @param {ClipboardEvent} event */
  function paste(event) {
    if (event.target instanceof HTMLInputElement) return;
    const [file] = event.clipboardData?.files ?? [];
    if (file) {
      event.preventDefault();
      void read(file);
      return;
    }
    const text = event.clipboardData?.getData("text") ?? "";
    if (!text.trim()) return;
    event.preventDefault();
    try {
      onPose(poseFromJson(text), "pasted");
      announce("The pasted pose is the query");
    } catch (error) {
      fail(error, "That is no pose");
    }
  }
}
