/** The clips of the two sides: chosen, linked to or dropped, loaded and then reported. */

import { describeProblem, askPatiently } from "../patience.js";
import { loadRecording, readLink } from "./clip.js";
import { clipsOf } from "./file_clip.js";

/** @typedef {import("./clip.js").Clip} Clip */
/** @typedef {import("./clip.js").Recording} Recording */

/**
 * @param {import("../api.js").Api} api
 * @param {ReturnType<typeof import("./clip_picker.js").createClipPicker>} picker
 * @param {(clip: Clip | null) => void} onClip
 */
export function createSide(api, picker, onClip) {
  let abort = new AbortController();
  /** @type {Clip | null} */
  let clip = null;
  /** @type {Clip[]} everybody in the file that was dropped */
  let others = [];
  let note = "";

  function settle(/** @type {Clip | null} */ next, /** @type {Clip[]} */ all = [], words = "") {
    const films = new Set([next, ...all].map((each) => each?.videoUrl));
    if (clip?.videoUrl && !films.has(clip.videoUrl)) URL.revokeObjectURL(clip.videoUrl);
    [clip, others, note] = [next, all, words];
    picker.setClip(clip, others, note);
    onClip(clip);
  }

  /** Run what takes a while; only the latest counts. */
  async function begin(words, work) {
    abort.abort();
    const own = (abort = new AbortController());
    const started = Date.now();
    const show = (/** @type {string} */ more = "") => {
      const seconds = Math.round((Date.now() - started) / 1000);
      picker.setBusy(`${words}${seconds > 1 ? ` ${seconds} s` : ""}${more}`);
    };
    show();
    const ticking = setInterval(show, 1000);
    try {
      const onWait = (/** @type {number} */ seconds) =>
        show(` The server is busy, next try in ${Math.ceil(seconds)} s.`);
      await askPatiently(() => work(own.signal), { signal: own.signal, onWait });
    } catch (error) {
      if (abort !== own || own.signal.aborted) return;
      picker.setProblem(describeProblem(error, "Take a shorter clip, or one of fewer pixels."));
    } finally {
      clearInterval(ticking);
      if (abort === own) picker.setBusy("");
    }
  }

  return {
    clip: () => clip,
    settle,

    /** @param {string} library @param {Recording} recording */
    takeRecording(library, recording) {
      return begin("Loading the recording…", async (signal) => {
        settle(await loadRecording(api, library, recording, signal));
      });
    },

    /** @param {string} link */
    takeLink(link) {
      return begin("Loading the recording…", async (signal) => {
        const target = readLink(link);
        const recordings = target ? await api.recordings(target.library, signal) : [];
        const recording = recordings.find(({ id }) => id === target?.id);
        if (!target || !recording) throw new Error("The recording of this link is not there (any more).");
        settle(await loadRecording(api, target.library, recording, signal));
      });
    },

    /** @param {File} file */
    takeFile(file) {
      return begin(`Reading ${file.name}…`, async (signal) => {
        const answer = await api.read(file, file.name, signal);
        const { clips, suggested } = clipsOf(answer, file);
        if (clips.length === 0) throw new Error("Nobody was found in this file.");
        settle(clips[suggested], clips, answer.notes.join(" · "));
      });
    },

    /** @param {number} place */
    takePerson(place) {
      settle(others[place], others, note);
    },

    cancel() {
      abort.abort();
      picker.setBusy("");
    },

    /** What the side has, to be given to another one. */
    take: () => ({ clip, others, note }),

    dispose() {
      abort.abort();
      if (clip?.videoUrl) URL.revokeObjectURL(clip.videoUrl);
    },
  };
}
