/** The choice of one clip: a recording of the library, or a file. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { acceptDrops } from "./drops.js";
import { createRecordingBox } from "./recording_box.js";

/** @typedef {import("./clip.js").Clip} Clip */
/** @typedef {import("./clip.js").Recording} Recording */

const FILES = "video/*,.json,.csv,.parquet,.npz,.npy,.bvh,.c3d,.trc";

/**
 * @param {"A" | "B"} letter
 * @param {object} actions
 * @param {(recording: Recording) => void} actions.onRecording
 * @param {(file: File) => void} actions.onFile
 * @param {(place: number) => void} actions.onPerson
 * @param {() => void} actions.onCancel
 */
export function createClipPicker(letter, { onRecording, onFile, onPerson, onCancel }) {
  const box = createRecordingBox(`Recording for clip ${letter}`, `clip-${letter}`, onRecording);
  const file = h("input", {
    type: "file",
    accept: FILES,
    class: "visually-hidden",
    tabindex: "-1",
    "aria-hidden": "true",
    onchange: () => {
      if (file.files[0]) onFile(file.files[0]);
      file.value = "";
    },
  });
  const open = h(
    "button",
    {
      type: "button",
      class: "button",
      onclick: () => file.click(),
      title: "A video or keypoint file of your own; it can also be dropped here",
      "aria-label": `Open a file as clip ${letter}`,
    },
    icon("upload"),
    "File…",
  );
  const detail = h("p", { class: "picker-detail soft small numeric" });
  const cancel = h("button", { type: "button", class: "button", onclick: onCancel }, "Cancel");
  const busy = h("div", { class: "picker-busy small", hidden: true }, h("span", {}), cancel);
  const problem = h("p", { class: "field-problem", role: "alert" });
  const people = h("select", {
    "aria-label": `Person of clip ${letter}`,
    onchange: () => onPerson(people.selectedIndex),
    hidden: true,
  });
  const element = h(
    "section",
    { class: "clip-picker panel", "aria-label": `Clip ${letter}` },
    h("h2", { class: "clip-letter" }, letter),
    box.element,
    open,
    file,
    h("div", { class: "picker-notes" }, people, detail, busy, problem),
  );
  acceptDrops(element, onFile);

  return {
    element,
    setRecordings: box.setRecordings,

    /** @param {string} words what is being done; empty: nothing */
    setBusy(words) {
      busy.hidden = words === "";
      busy.firstElementChild.textContent = words;
      element.setAttribute("aria-busy", String(words !== ""));
      if (words) problem.textContent = "";
    },

    /** @param {string} words */
    setProblem(words) {
      problem.textContent = words;
    },

    /**
     * @param {Clip | null} clip
     * @param {Clip[]} [others] everybody in its file
     * @param {string} [note]
     */
    setClip(clip, others = [], note = "") {
      box.setValue(clip?.name ?? "");
      detail.textContent = clip ? [clip.detail, note].filter(Boolean).join(" · ") : "";
      people.hidden = others.length < 2;
      people.replaceChildren(
        ...others.map((each) =>
          h("option", { selected: each === clip }, `${each.name} (${each.detail})`),
        ),
      );
      problem.textContent = "";
    },
  };
}
