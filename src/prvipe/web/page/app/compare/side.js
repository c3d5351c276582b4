/** One side of a comparison: its pose, where it is from, and its figure. */

import { h } from "../dom.js";
import { createTask } from "../one_task.js";
import { drawByHand } from "./drawing_dialog.js";
import { createFigure } from "./figure.js";
import { posesOfFile } from "./file_subject.js";
import { posesOfRecording } from "./recording_subject.js";
import { readLink, subjectOfDrawing, subjectOfQuery, subjectOfRow } from "./subject.js";
import { createSubjectPicker } from "./subject_picker.js";
import { acceptDrops } from "../align/drops.js";

/** @typedef {import("./subject.js").Subject} Subject */
/** @typedef {import("./file_subject.js").PosesOfFile} PosesOfFile */

const TOO_SLOW = "Take a smaller picture, or a shorter video.";

/**
 * @param {"A" | "B"} letter
 * @param {import("../main.js").Context} context
 * @param {() => void} onChange another pose
 */
export function createComparedSide(letter, { store, api, announce }, onChange) {
  const figure = createFigure(letter);
  const picker = createSubjectPicker(letter, {
    onQuery: () => takeLink("query"),
    onFile: takeFile,
    onDraw: draw,
    onRow: (row) => takeLink(`row:${row}`),
    onRecording: takeRecording,
    onPose: (row) => settle(file?.subject(row) ?? null, file),
    onCancel: () => task.cancel(),
  });
  const task = createTask(picker, TOO_SLOW);
  const element = h("section", { class: "compared panel", "aria-label": `Pose ${letter}` }, picker.element, figure.element);
  /** @type {Subject | null} */
  let subject = null;
  /** @type {PosesOfFile | null} */
  let file = null;
  /** @type {string | null} what the address asks for, or what is shown */
  let wanted = null;
  /** @type {PosesOfFile[]} */
  const opened = [];
  acceptDrops(element, takeFile);
  picker.setSubject(null);

  function settle(/** @type {Subject | null} */ next, /** @type {PosesOfFile | null} */ from = null) {
    subject = next;
    file = from;
    wanted = next?.link ?? null;
    picker.setSubject(next);
    figure.show(next);
    onChange();
  }

  async function follow(/** @type {string} */ link, /** @type {AbortSignal} */ signal) {
    const { query, library } = store.get();
    const target = readLink(link, library);
    if (target !== "query") return subjectOfRow(api, target.library, target.row, signal);
    if (query === null) throw new Error("There is no query yet: make one in Search.");
    if (query.row === undefined || library === null) return subjectOfQuery(query);
    return { ...(await subjectOfRow(api, library, query.row, signal)), link: "query" };
  }

  function takeLink(/** @type {string} */ link) {
    wanted = link;
    return task.begin("Loading the pose…", async (signal) => {
      settle(await follow(link, signal));
      picker.setFile(null);
    });
  }

  function takeFile(/** @type {File} */ dropped) {
    return task.begin(`Looking for people in ${dropped.name}…`, async (signal) => {
      const answer = await api.read(dropped, dropped.name, signal);
      if (answer.poses.keypoints.length === 0) throw new Error("Nobody was found in this file.");
      const read = posesOfFile(answer, dropped);
      opened.push(read);
      settle(read.subject(read.suggested), read);
      picker.setFile(read, read.suggested);
    });
  }

  function takeRecording(/** @type {import("../align/clip.js").Recording} */ recording) {
    return task.begin("Loading the recording…", async (signal) => {
      const read = await posesOfRecording(api, store.get().library ?? "", recording, signal);
      settle(read.subject(read.suggested), read);
      picker.setFile(read, read.suggested);
    });
  }

  async function draw() {
    const pose = await drawByHand(`Draw ${letter}`, subject?.keypoints ?? null, announce);
    if (pose === null) return;
    task.cancel();
    settle(subjectOfDrawing(pose, "A drawing"));
    picker.setFile(null);
  }

  return {
    element,
    figure,
    subject: () => subject,
    link: () => wanted,
    setQuery: picker.setQuery,
    setRecordings: picker.setRecordings,
    takeLink,

    /** What the side has, to be given to the other one. */
    take: () => ({ subject, file }),

    /** @param {{subject: Subject | null, file: PosesOfFile | null}} given */
    give(given) {
      task.cancel();
      settle(given.subject, given.file);
      const row = given.file?.frames.flat().find((each) => given.file?.subject(each).keypoints === given.subject?.keypoints);
      picker.setFile(given.file, row);
    },

    dispose() {
      task.cancel();
      figure.dispose();
      for (const each of opened) each.dispose();
    },
  };
}
