/** The choice of one of the two poses. */

import { createRecordingBox } from "../align/recording_box.js";
import { debounce, h } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {import("./subject.js").Subject} Subject */

/** Milliseconds that a slider rests before its pose is compared. */
const REST = 100;
const FILES = "image/*,video/*,.json,.csv,.parquet,.npz,.npy";

/**
 * @param {"A" | "B"} letter
 * @param {object} actions
 * @param {() => void} actions.onQuery
 * @param {(file: File) => void} actions.onFile
 * @param {() => void} actions.onDraw
 * @param {(row: number) => void} actions.onRow
 * @param {(recording: import("../align/clip.js").Recording) => void} actions.onRecording
 * @param {(row: number) => void} actions.onPose a row of the file that is open
 * @param {() => void} actions.onCancel
 */
export function createSubjectPicker(letter, { onQuery, onFile, onDraw, onRow, onRecording, onPose, onCancel }) {
  const chosen = h("input", {
    type: "file",
    accept: FILES,
    class: "visually-hidden",
    tabindex: "-1",
    "aria-hidden": "true",
    onchange: () => {
      if (chosen.files[0]) onFile(chosen.files[0]);
      chosen.value = "";
    },
  });
  const query = button("search", "Query", `Take the query as ${letter}`, onQuery);
  const row = h("input", { type: "number", min: 0, step: 1, "aria-label": `Row of the library as ${letter}`, placeholder: "Row" });
  const byRow = h(
    "form",
    {
      class: "row-form",
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        if (row.value !== "") onRow(Number(row.value));
      },
    },
    row,
    h("button", { type: "submit", class: "button", "aria-label": `Take this row as ${letter}` }, "Take"),
  );
  const recordings = createRecordingBox(`Recording of ${letter}`, `recording-${letter}`, onRecording);
  recordings.element.hidden = true;
  const name = h("p", { class: "subject-name" });
  const detail = h("p", { class: "subject-detail soft small numeric" });
  const cancel = h("button", { type: "button", class: "button", onclick: onCancel }, "Cancel");
  const busy = h("div", { class: "picker-busy small", hidden: true }, h("span", {}), cancel);
  const problem = h("p", { class: "field-problem", role: "alert" });
  const inFile = h("div", { class: "in-file", hidden: true });

  return {
    element: h(
      "div",
      { class: "subject-picker" },
      h("h2", { class: "subject-letter" }, letter),
      h("div", { class: "subject-title" }, name, detail),
      h(
        "div",
        { class: "subject-sources", role: "group", "aria-label": `Where ${letter} is from` },
        query,
        button("upload", "File…", `Open a file as ${letter}`, () => chosen.click()),
        button("limb", "Draw…", `Draw ${letter}`, onDraw),
        byRow,
        chosen,
      ),
      recordings.element,
      inFile,
      busy,
      problem,
    ),

    /** @param {boolean} there */
    setQuery(there) {
      query.disabled = !there;
    },

    /** @param {import("../align/clip.js").Recording[]} listed */
    setRecordings(listed) {
      recordings.setRecordings(listed);
      recordings.element.hidden = listed.length === 0;
    },

    /** @param {string} words what is being done; empty: nothing */
    setBusy(words) {
      busy.hidden = words === "";
      busy.firstElementChild.textContent = words;
      if (words) problem.textContent = "";
    },

    /** @param {string} words */
    setProblem(words) {
      problem.textContent = words;
    },

    /** @param {Subject | null} subject */
    setSubject(subject) {
      name.textContent = subject?.name ?? "No pose yet";
      name.title = subject?.name ?? "";
      name.classList.toggle("soft", subject === null);
      detail.textContent = subject?.detail ?? "Take the query, a file, a moment of a recording, or draw it.";
      problem.textContent = "";
    },

    /** @param {import("./file_subject.js").PosesOfFile | null} file @param {number} [chosenRow] */
    setFile(file, chosenRow = 0) {
      const choices = file ? choicesIn(file, chosenRow, letter, onPose) : [];
      inFile.replaceChildren(...choices);
      inFile.hidden = choices.length === 0;
      recordings.setValue(file?.recording ?? "");
    },
  };
}

/**
 * Which frame and which person of a file, as far as there is a choice.
 *
 * @param {import("./file_subject.js").PosesOfFile} file
 * @param {number} row
 * @param {string} letter
 * @param {(row: number) => void} onPose
 */
function choicesIn(file, row, letter, onPose) {
  let place = Math.max(0, file.frames.findIndex((rows) => rows.includes(row)));
  const people = h("select", {
    "aria-label": `Person of ${letter}`,
    onchange: () => onPose(file.frames[place][people.selectedIndex]),
  });
  const fill = (/** @type {number} */ chosen) => {
    const rows = file.frames[place];
    people.replaceChildren(
      ...rows.map((each) => h("option", { selected: each === chosen }, file.person(each))),
    );
    people.hidden = rows.length < 2;
  };
  const take = debounce(() => onPose(file.frames[place][0]), REST);
  const go = (/** @type {number} */ next) => {
    place = next;
    slider.value = String(place);
    slider.setAttribute("aria-valuetext", file.moments[place]);
    field?.show(place);
    fill(file.frames[place][0]);
    take();
  };
  const slider = h("input", {
    type: "range",
    min: 0,
    max: file.frames.length - 1,
    value: place,
    "aria-label": `Frame of ${letter}`,
    "aria-valuetext": file.moments[place],
    oninput: () => go(Number(slider.value)),
  });
  const field = file.when && createMomentField(file.when, place, letter, go);
  fill(row);
  const several = file.frames.some((rows) => rows.length > 1);
  return [...(file.frames.length > 1 ? [slider, field?.element] : []), several && people].filter(Boolean);
}

/**
 * A field for a time or a frame that is known; the nearest that there is is taken.
 *
 * @param {{unit: string, values: number[]}} when of each frame
 * @param {number} place that is shown
 * @param {string} letter
 * @param {(place: number) => void} go
 */
function createMomentField({ unit, values }, place, letter, go) {
  const field = h("input", {
    type: "number",
    step: "any",
    "aria-label": `${unit} of ${letter}`,
    onchange: () => {
      if (field.value === "") return;
      const far = values.map((value) => Math.abs(value - Number(field.value)));
      const nearest = far.indexOf(Math.min(...far));
      go(nearest);
    },
  });
  const show = (/** @type {number} */ at) => {
    field.value = String(Number(values[at].toFixed(3)));
  };
  show(place);
  const seconds = unit.startsWith("Time");
  const words = h("span", { class: "soft small", "aria-hidden": "true" }, seconds ? "s" : "frame");
  return { element: h("span", { class: "moment-field" }, ...(seconds ? [field, words] : [words, field])), show };
}

/** @param {any} name @param {string} text @param {string} label @param {() => void} onclick */
function button(name, text, label, onclick) {
  return h("button", { type: "button", class: "button", "aria-label": label, title: label, onclick }, icon(name), h("span", {}, text));
}
