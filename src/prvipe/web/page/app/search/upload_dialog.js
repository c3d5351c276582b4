/** The choice among people and frames of a file. */

import { h, svg } from "../dom.js";
import { icon } from "../icons.js";
import { boundsOf, drawPose, JOINTS } from "../skeleton.js";
import { openMedia } from "./upload_media.js";
import { clock, counted, sentence } from "./words.js";

/** @typedef {import("../store.js").Point} Point */

/**
 * Let a person be chosen; no question where there is only one.
 *
 * @param {File} file
 * @param {{kind: string, poses: import("../api.js").Poses, suggested: number | null, notes: string[]}} answer
 * @returns {Promise<Point[] | null>} null if the choice is called off
 * @throws {Error} nobody is in the file
 */
export async function choosePerson(file, { kind, poses, suggested, notes }) {
  const people = poses.keypoints;
  if (people.length === 0) throw new Error("No person was found in it.");
  if (poses.skeleton !== "coco13" || people[0].length !== JOINTS.length) {
    throw new Error(`The server answered with joints of ${poses.skeleton}.`);
  }
  if (people.length === 1 && notes.length === 0 && kind === "keypoints") return people[0];
  return ask(file, { kind, poses, suggested, notes });
}

/** @param {File} file @param {any} answer @returns {Promise<Point[] | null>} */
function ask(file, { kind, poses, suggested, notes }) {
  const frames = groupByFrame(poses);
  const several = frames.some(({ rows }) => rows.length > 1);
  const question = frames.length > 1 ? `Which frame${several ? ", which person" : ""}?` : several ? "Which person?" : "This pose was found";
  let row = suggested ?? 0;
  let at = Math.max(0, frames.findIndex(({ rows }) => rows.includes(row)));
  const media = openMedia(file, kind);
  const around = boxAround(poses.keypoints.flat());

  const drawing = svg("svg", { class: "people", role: "img" });
  const stage = h("div", { class: "stage" }, media.element, drawing);
  const people = h("div", { class: "people-choice", role: "radiogroup", "aria-label": "Person" });
  const slider = h("input", { type: "range", id: "upload-frame", min: 0, max: frames.length - 1, value: at, step: 1 });
  const time = h("output", { class: "numeric small", for: "upload-frame" });
  const scrub = h("div", { class: "scrub", hidden: frames.length < 2 }, h("label", { for: "upload-frame" }, "Frame"), slider, time);
  const use = h("button", { type: "button", class: "button primary" }, "Use this pose");
  const close = h("button", { type: "button", class: "icon-button", "aria-label": "Close without a choice", title: "Close" }, icon("close"));
  const dialog = h(
    "dialog",
    { class: "dialog upload-dialog", "aria-labelledby": "upload-title" },
    h("header", { class: "details-head" }, h("h2", { id: "upload-title" }, question), close),
    h("p", { class: "small soft file-name", title: file.name }, `${file.name}: ${counted(poses.keypoints.length, "pose")}${frames.length > 1 ? ` in ${counted(frames.length, "frame")}` : ""}`),
    ...notes.map((/** @type {string} */ note) => h("p", { class: "small note" }, sentence(note))),
    stage,
    scrub,
    people,
    h("div", { class: "dialog-buttons" }, use),
  );
  slider.addEventListener("input", () => {
    at = Number(slider.value);
    [row] = frames[at].rows;
    display();
  });
  media.onReady(display);
  document.body.append(dialog);
  dialog.showModal();
  use.focus();
  display();

  return new Promise((resolve) => {
    /** @type {Point[] | null} */
    let chosen = null;
    use.addEventListener("click", () => {
      chosen = poses.keypoints[row];
      dialog.close();
    });
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      media.dispose();
      dialog.remove();
      resolve(chosen);
    });
  });

  function display() {
    const { rows, seconds, number } = frames[at];
    media.seek(seconds, number);
    const frame = media.size();
    const size = frame ? { x: 0, y: 0, ...frame } : around;
    drawing.setAttribute("viewBox", `${size.x} ${size.y} ${size.width} ${size.height}`);
    stage.style.aspectRatio = `${size.width} / ${size.height}`;
    stage.style.width = `min(100%, calc(52vh * ${size.width / size.height}))`;
    const text = seconds === null ? `frame ${number ?? at}` : clock(seconds);
    time.textContent = `${text} (${at + 1} of ${frames.length})`;
    slider.setAttribute("aria-valuetext", time.textContent);
    drawing.setAttribute("aria-label", `${counted(rows.length, "person")} in this frame`.replace("persons", "people"));
    drawing.replaceChildren(...rows.map((each) => personIn(each, size)));
    showPeople(rows);
  }

  /** @param {number} each @param {{width: number, height: number}} size */
  function personIn(each, size) {
    const group = svg("g", { class: each === row ? "person chosen" : "person", onclick: () => choose(each) });
    drawPose(group, poses.keypoints[each], { fit: null, size: Math.max(size.width, size.height) / 110 });
    return group;
  }

  /** @param {number[]} rows */
  function showPeople(rows) {
    people.hidden = rows.length < 2;
    people.replaceChildren(
      ...rows.map((each, place) => {
        const picture = svg("svg", { viewBox: "0 0 48 48", "aria-hidden": "true" });
        drawPose(picture, poses.keypoints[each], { size: 1.8 });
        const box = h("input", { type: "radio", name: "person", onchange: () => choose(each) });
        box.checked = each === row;
        return h("label", { class: "person-label" }, box, picture, h("span", {}, `Person ${place + 1}`));
      }),
    );
  }

  /** @param {number} each */
  function choose(each) {
    row = each;
    const place = frames[at].rows.indexOf(each);
    display();
    people.querySelectorAll("input")[place]?.focus();
  }
}

/**
 * @param {import("../api.js").Poses} poses
 * @returns {{rows: number[], seconds: number | null, number: number | null}[]}
 */
function groupByFrame({ keypoints, fields }) {
  /** @type {Map<string, {rows: number[], seconds: number | null, number: number | null}>} */
  const frames = new Map();
  keypoints.forEach((_, row) => {
    const number = fields?.frame?.[row] ?? null;
    const seconds = fields?.time?.[row] ?? null;
    const source = fields?.source?.[row] ?? "";
    const key = `${source}/${number ?? seconds ?? ""}`;
    const frame = frames.get(key) ?? { rows: /** @type {number[]} */ ([]), seconds, number };
    frame.rows.push(row);
    frames.set(key, frame);
  });
  return [...frames.values()];
}

/** Room for people without a picture: the same in all frames, so that they move and it does not. @param {Point[]} points */
function boxAround(points) {
  const { x, y, width, height } = boundsOf(points) ?? { x: 0, y: 0, width: 1, height: 1 };
  const margin = 0.1 * Math.max(width, height) || 1;
  return { x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin };
}
