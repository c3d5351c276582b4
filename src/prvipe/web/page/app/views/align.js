/** Two clips of a motion, side by side and scrubbed together along their alignment. */

import { readAlignment } from "../align/answer.js";
import { createClipPicker } from "../align/clip_picker.js";
import { createPlayer } from "../align/player.js";
import { matchRates } from "../align/rates.js";
import { createSettings, readSettings, writeSettings } from "../align/settings.js";
import { createSide } from "../align/sides.js";
import { createSummary } from "../align/summary.js";
import { hasPairs, headline } from "../align/words.js";
import { isAbort } from "../api.js";
import { debounce, h } from "../dom.js";
import { icon } from "../icons.js";
import { replaceParams } from "../own_params.js";
import { askPatiently, describeProblem } from "../patience.js";

const SIDES = /** @type {const} */ (["a", "b"]);
const TOO_SLOW = "Take one frame in 2 or more (Settings), or shorter clips.";

/** @param {HTMLElement} root @param {import("../main.js").Context} context @returns {() => void} */
export function mount(root, { store, api, announce, fail }) {
  let abort = new AbortController();
  /** @type {ReturnType<typeof createPlayer> | null} */
  let player = null;
  let settings = readSettings(store.get().route.params);
  let moment = momentOf(store.get().route.params);

  const pickers = SIDES.map((side, place) =>
    createClipPicker(side === "a" ? "A" : "B", {
      onRecording: (recording) => sides[place].takeRecording(library(), recording),
      onFile: (file) => sides[place].takeFile(file),
      onPerson: (person) => sides[place].takePerson(person),
      onCancel: () => sides[place].cancel(),
    }),
  );
  const sides = pickers.map((picker, place) => createSide(api, picker, () => onClip(place)));
  const swap = h(
    "button",
    { type: "button", class: "icon-button swap", "aria-label": "Swap the clips", title: "Swap the clips", onclick: swapSides },
    icon("swap"),
  );
  const result = h("div", { class: "align-result" });
  const saveMoment = debounce((pair, course) => {
    replaceParams(store, { at: course.moments[pair].toFixed(3) });
  }, 400);

  root.replaceChildren(
    h(
      "div",
      { class: "align-head" },
      h("h1", {}, "Align two clips"),
      createSettings(settings, (next) => {
        settings = next;
        replaceParams(store, writeSettings(settings));
        void align();
      }),
    ),
    h("div", { class: "clip-pickers" }, pickers[0].element, swap, pickers[1].element),
    result,
  );

  const library = () => /** @type {string} */ (store.get().library);

  async function listRecordings() {
    const name = store.get().library;
    if (name === null) return;
    try {
      const recordings = await api.recordings(name);
      if (name === store.get().library) pickers.forEach((picker) => picker.setRecordings(recordings));
    } catch (error) {
      fail(error, "The recordings could not be listed");
    }
  }

  function readRoute() {
    const { params } = store.get().route;
    SIDES.forEach((side, place) => {
      const link = params.get(side);
      if (link && link !== sides[place].link()) {
        moment = momentOf(params);
        void sides[place].takeLink(link, store.get().library);
      }
    });
  }

  function onClip(/** @type {number} */ place) {
    const link = sides[place].clip()?.link ?? null;
    replaceParams(store, { [SIDES[place]]: link });
    void align();
  }

  function swapSides() {
    const [a, b] = sides.map((side) => side.take());
    sides.forEach((side) => side.cancel());
    sides[0].settle(b.clip, b.others, b.note);
    sides[1].settle(a.clip, a.others, a.note);
  }

  async function align() {
    abort.abort();
    const own = (abort = new AbortController());
    const clips = sides.map((side) => side.clip());
    const [a, b] = clips;
    swap.disabled = clips.every((clip) => clip === null);
    clear();
    if (!a || !b) return result.append(invitation());
    const status = h("p", { class: "notice", role: "status" }, "Aligning…");
    result.append(status);
    const matched = matchRates([a, b]);
    const request = {
      a: matched.clips[0].reference,
      b: matched.clips[1].reference,
      closed_ends: settings.closedEnds,
      every: settings.every,
      fps: settings.fps,
    };
    try {
      const answer = await askPatiently(() => api.align(request, own.signal), {
        signal: own.signal,
        onWait: (seconds) => {
          status.textContent = `The server is busy; next try in ${Math.ceil(seconds)} s.`;
        },
      });
      if (abort === own) show(readAlignment(answer, matched.clips), matched);
    } catch (error) {
      if (abort !== own || isAbort(error)) return;
      clear();
      result.append(trouble(describeProblem(error, TOO_SLOW), align));
    }
  }

  /**
   * @param {import("../align/answer.js").Alignment} alignment
   * @param {ReturnType<typeof matchRates>} matched
   */
  function show(alignment, { clips, note }) {
    clear();
    const names = /** @type {[string, string]} */ (clips.map((clip) => clip.name));
    const summary = createSummary(alignment, names, note);
    announce(headline(alignment));
    if (!hasPairs(alignment)) return result.append(summary);
    player = createPlayer(alignment, clips, {
      moment,
      onMove: (pair) => saveMoment(pair, alignment.course),
    });
    result.append(
      player.screen,
      h(
        "div",
        { class: "findings" },
        summary,
        h("section", { class: "finding panel", "aria-label": "Least alike" }, h("h2", {}, "Least alike"), player.worst),
        h("section", { class: "finding panel", "aria-label": "Path" }, h("h2", {}, "Which frame with which"), player.path),
      ),
    );
  }

  function clear() {
    saveMoment.cancel();
    player?.dispose();
    player = null;
    result.replaceChildren();
  }

  const stops = [
    store.subscribe(["library"], () => void listRecordings()),
    store.subscribe(["route"], readRoute),
  ];
  void listRecordings();
  void align();
  readRoute();
  return () => {
    abort.abort();
    clear();
    for (const stop of stops) stop();
    for (const side of sides) side.dispose();
  };
}

/** @param {URLSearchParams} params @returns {number | null} */
function momentOf(params) {
  const at = Number.parseFloat(params.get("at") ?? "");
  return Number.isFinite(at) ? at : null;
}

function invitation() {
  return h(
    "div",
    { class: "notice invitation" },
    h("p", {}, "Choose two clips of a motion: recordings of the library, or videos and keypoint files of your own."),
    h("p", { class: "small" }, "Cameras, speeds and starts may differ. Files can be dropped on A and B. The server looks for the people in them, says how much it looked at, and keeps nothing."),
  );
}

/** @param {string} words @param {() => void} again */
function trouble(words, again) {
  return h(
    "div",
    { class: "notice trouble", role: "alert" },
    h("p", {}, words),
    h("button", { type: "button", class: "button", onclick: again }, "Try again"),
  );
}
