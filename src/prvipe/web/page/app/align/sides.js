/** The clips of the two sides: chosen, linked to or dropped, loaded and then reported. */

import { createTask } from "../one_task.js";
import { loadRecording } from "./clip.js";
import { clipsOf } from "./file_clip.js";
import { followLink } from "./clip_link.js";

/** @typedef {import("./clip.js").Clip} Clip */
/** @typedef {import("./clip.js").Recording} Recording */

const TOO_SLOW = "Take a shorter clip, or one of fewer pixels.";

/**
 * @param {import("../api.js").Api} api
 * @param {ReturnType<typeof import("./clip_picker.js").createClipPicker>} picker
 * @param {(clip: Clip | null) => void} onClip
 */
export function createSide(api, picker, onClip) {
  const task = createTask(picker, TOO_SLOW);
  /** @type {Clip | null} */
  let clip = null;
  /** @type {Clip[]} everybody in the file that was dropped */
  let others = [];
  let note = "";
  /** @type {string | null} what the address asks for, or what is shown */
  let wanted = null;
  /** @type {Set<string>} addresses of videos that were dropped */
  const films = new Set();

  function settle(/** @type {Clip | null} */ next, /** @type {Clip[]} */ all = [], words = "") {
    [clip, others, note] = [next, all, words];
    wanted = next?.link ?? null;
    picker.setClip(clip, others, note);
    onClip(clip);
  }

  return {
    clip: () => clip,
    link: () => wanted,
    settle,

    /** @param {string} library @param {Recording} recording */
    takeRecording(library, recording) {
      return task.begin("Loading the recording…", async (signal) => {
        settle(await loadRecording(api, library, recording, signal));
      });
    },

    /** @param {string} link @param {string | null} here the library that is looked at */
    takeLink(link, here) {
      wanted = link;
      return task.begin("Loading the recording…", async (signal) => {
        const { library, recording } = await followLink(api, link, here, signal);
        settle(await loadRecording(api, library, recording, signal));
      });
    },

    /** @param {File} file */
    takeFile(file) {
      return task.begin(`Looking for people in ${file.name}…`, async (signal) => {
        const answer = await api.read(file, file.name, signal);
        const { clips, suggested } = clipsOf(answer, file);
        for (const { videoUrl } of clips) if (videoUrl) films.add(videoUrl);
        if (clips.length === 0) throw new Error("Nobody was found in this file.");
        settle(clips[suggested], clips, answer.notes.join(" · "));
      });
    },

    /** @param {number} place */
    takePerson(place) {
      settle(others[place], others, note);
    },

    cancel: task.cancel,

    /** What the side has, to be given to another one. */
    take: () => ({ clip, others, note }),

    dispose() {
      task.cancel();
      for (const address of films) URL.revokeObjectURL(address);
    },
  };
}
