/** Two poses side by side: is it the same one, how sure is that, and which joints differ? */

import { isAbort } from "../api.js";
import { createJointLink } from "../compare/joint_link.js";
import { createJointTable } from "../compare/joint_table.js";
import { createComparedSide } from "../compare/side.js";
import { createJointNotes, createVerdict } from "../compare/verdict.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { replaceParams } from "../own_params.js";
import { askPatiently, describeProblem } from "../patience.js";
import { JOINTS } from "../skeleton.js";

const SIDES = /** @type {const} */ (["a", "b"]);

/** @param {HTMLElement} root @param {import("../main.js").Context} context @returns {() => void} */
export function mount(root, context) {
  const { store, api, announce, fail } = context;
  let abort = new AbortController();
  let quiet = false;
  const sides = SIDES.map((side) => createComparedSide(side === "a" ? "A" : "B", context, onChange));
  const swap = h(
    "button",
    { type: "button", class: "button", onclick: swapSides },
    icon("swap"),
    "Swap",
  );
  const inSpace = h("button", { type: "button", class: "button", onclick: showInSpace }, icon("cube"), "In 3D");
  const result = h("div", { class: "compare-result" });
  root.replaceChildren(
    h("div", { class: "compare-head" }, h("h1", {}, "Compare two poses"), h("div", { class: "compare-tools" }, inSpace, swap)),
    h("div", { class: "compared-pair" }, ...sides.map((side) => side.element)),
    result,
  );

  function onChange() {
    if (quiet) return;
    const links = sides.map((side) => side.subject()?.link ?? null);
    replaceParams(store, { a: links[0], b: links[1], with: null });
    void compare();
  }

  async function compare() {
    abort.abort();
    const own = (abort = new AbortController());
    const [a, b] = sides.map((side) => side.subject());
    swap.disabled = !a && !b;
    inSpace.hidden = overlayOf(a, b) === null;
    for (const side of sides) side.figure.mark(new Map(), null);
    if (!a || !b) return say("Choose two poses to see whether they are the same.");
    result.setAttribute("aria-busy", "true");
    try {
      const answer = await askPatiently(
        () => api.compare({ a: a.reference, b: b.reference }, own.signal),
        {
          signal: own.signal,
          onWait: (seconds) => say(`The server is busy; next try in ${Math.ceil(seconds)} s.`),
        },
      );
      if (abort === own) show(answer);
    } catch (error) {
      if (abort !== own || isAbort(error)) return;
      const again = h("button", { type: "button", class: "button", onclick: compare }, "Try again");
      say(describeProblem(error), "alert", again);
    } finally {
      if (abort === own) result.removeAttribute("aria-busy");
    }
  }

  function show(/** @type {Record<string, any>} */ answer) {
    const link = createJointLink();
    const verdicts = new Map(
      answer.joints.map((/** @type {any} */ each) => [JOINTS.indexOf(each.joint), each.verdict]),
    );
    for (const side of sides) side.figure.mark(verdicts, link);
    result.replaceChildren(
      createVerdict(answer),
      h(
        "section",
        { class: "compare-joints panel", "aria-label": "Joints" },
        h("h2", {}, "Joints"),
        h("p", { class: "soft small" }, "How far each is apart, in torso lengths, once one body is laid over the other."),
        answer.joints.length > 0 && createJointTable(answer.joints, link),
        createJointNotes(answer),
      ),
    );
    announce(answer.headline);
  }

  function say(/** @type {string} */ words, role = "status", /** @type {Node[]} */ ...more) {
    result.replaceChildren(h("div", { class: "notice trouble", role }, h("p", {}, words), ...more));
  }

  function swapSides() {
    const [a, b] = sides.map((side) => side.take());
    quiet = true;
    sides[0].give(b);
    quiet = false;
    sides[1].give(a);
  }

  async function showInSpace() {
    const asked = overlayOf(...sides.map((side) => side.subject()));
    if (asked === null) return;
    const { openOverlay } = await import("../overlay3d/dialog.js");
    await openOverlay({ ...asked, api });
  }

  async function readRoute() {
    const { route, library } = store.get();
    if (library === null) return;
    const row = route.params.get("with");
    const links = row === null ? SIDES.map((side) => route.params.get(side)) : ["query", `row:${row}`];
    const asked = links.map((link, place) =>
      link && link !== sides[place].link() ? sides[place].takeLink(link) : null,
    );
    if (!asked.some(Boolean)) return;
    quiet = true;
    await Promise.all(asked);
    quiet = false;
    onChange();
  }

  function showQuery() {
    for (const side of sides) side.setQuery(store.get().query !== null);
  }

  async function listRecordings() {
    const { library } = store.get();
    if (library === null) return;
    try {
      const recordings = await api.recordings(library);
      if (library === store.get().library) sides.forEach((side) => side.setRecordings(recordings));
    } catch (error) {
      fail(error, "The recordings could not be listed");
    }
  }

  const stops = [
    store.subscribe(["query"], showQuery),
    store.subscribe(["library"], () => void listRecordings()),
    store.subscribe(["route"], () => void readRoute()),
    store.subscribe(["library"], () => void readRoute()),
  ];
  showQuery();
  void listRecordings();
  void compare();
  void readRoute();
  return () => {
    abort.abort();
    for (const stop of stops) stop();
    for (const side of sides) side.dispose();
  };
}

/**
 * What to lay over what in space: one of the two must be of a library.
 *
 * @param {import("../compare/subject.js").Subject | null} [a]
 * @param {import("../compare/subject.js").Subject | null} [b]
 */
function overlayOf(a, b) {
  if (!a || !b) return null;
  if ("row" in b.reference) return { ...b.reference, query: a.reference };
  if ("row" in a.reference) return { ...a.reference, query: b.reference };
  return null;
}
