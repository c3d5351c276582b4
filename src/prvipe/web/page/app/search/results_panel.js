/** What was found: how much, how fast, how sure; filters, gallery, more of it. */

import { Problem } from "../api.js";
import { debounce, h } from "../dom.js";
import { createApartChooser } from "./apart.js";
import { createDetails } from "./details.js";
import { createFilters } from "./filters.js";
import { createGallery } from "./gallery.js";
import { createJump } from "./jump.js";
import { createLiveSearch, MOST, PAGE } from "./live_search.js";
import { createSelection } from "./selection.js";
import { counted, percent, sentence, spoken } from "./words.js";

/** @typedef {import("../store.js").Hit} Hit */

const SLOW = 350;

/**
 * @param {import("../main.js").Context} context
 * @param {(answer: import("../api.js").Uncertainty | null) => void} onUncertainty
 */
export function createResultsPanel(context, onUncertainty) {
  const { store, api, announce, fail } = context;
  /** @type {Hit[]} */
  let hits = [];
  let complete = true;
  let slow = 0;

  const status = h("p", { class: "status small soft", id: "results-status" });
  const note = h("div", { class: "result-note", hidden: true });
  const more = h("button", { type: "button", class: "button more", hidden: true, onclick: () => void loadMore() }, `Show ${PAGE} more`);
  const jump = createJump();
  const filters = createFilters(context);
  const apart = createApartChooser(store);
  const details = createDetails(context, { onUse: use, onSimilar: similar, onShow: (row) => gallery.mark(row) });
  const gallery = createGallery(api, {
    onOpen: (hit) => details.open(hit, selection.isActive() ? selection.hits() : hits, !selection.isActive()),
    onUse: use,
    onSimilar: similar,
  });
  const say = debounce(announce, 900);
  const title = h("h2", { id: "results-title" }, "Matches");
  const selection = createSelection(context, gallery, () => {
    showMore();
    root.classList.toggle("picked", selection.isActive());
    title.textContent = selection.isActive() ? "Picked on the map" : "Matches";
    if (!selection.isActive()) display();
  });
  const root = h(
    "section",
    { class: "results", "aria-labelledby": "results-title" },
    h(
      "div",
      { class: "results-head" },
      h("div", {}, title, status),
      h("div", { class: "results-tools" }, apart.root, filters.button),
    ),
    filters.panel,
    filters.chips,
    selection.banner,
    note,
    gallery.root,
    h("div", { class: "more-row" }, more),
    jump.root,
  );
  jump.watch(root);
  gallery.showLoading();
  const search = createLiveSearch(context, progress, onUncertainty);
  const stops = [
    store.subscribe(["libraries"], showLibraries),
    store.subscribe(["library"], () => details.close()),
    apart.dispose,
  ];
  showLibraries();

  return {
    root,
    details: details.root,
    dispose() {
      for (const stop of stops) stop();
      say.cancel();
      clearTimeout(slow);
      search.dispose();
      filters.dispose();
      selection.dispose();
      gallery.dispose();
      details.dispose();
      jump.dispose();
    },
  };

  /** @param {import("./live_search.js").Progress} change */
  function progress(change) {
    clearTimeout(slow);
    if (change.kind === "searching") {
      slow = setTimeout(() => gallery.root.setAttribute("aria-busy", "true"), SLOW);
      return;
    }
    gallery.root.removeAttribute("aria-busy");
    // What stays is of the query before.
    gallery.root.classList.toggle("outdated", change.kind !== "found" && !selection.isActive());
    if (change.kind === "found") found(change.found);
    else if (change.kind === "waiting") {
      const seconds = Math.max(1, Math.ceil(change.seconds));
      showNote("waiting", "The server is busy", `Trying again in ${seconds} s.`);
    } else failed(change.error);
  }

  /** @param {import("./live_search.js").Found} answer */
  function found(answer) {
    const { trust, absent, milliseconds } = answer;
    hits = answer.hits;
    complete = answer.complete;
    showMore();
    status.textContent = statusText(milliseconds);
    jump.tell(hits);
    if (hits.length === 0) {
      showNote("empty", "Nothing found", nothingText(absent));
      gallery.root.replaceChildren();
    } else {
      const unlikely = trust.doubts.some((doubt) => doubt.startsWith("the best match"));
      const doubts = [...absent.map(sentence), ...(unlikely ? [unlikelyText(hits[0])] : [])];
      if (doubts.length > 0) showNote("doubt", "", doubts.join(" "));
      else note.hidden = true;
    }
    if (!selection.isActive()) display();
    say(spokenResult());
  }

  function display() {
    const { results } = store.get();
    if (results === null) return;
    const { library, generation } = results;
    gallery.show(hits, { library, generation, matched: true });
  }

  function showMore() {
    more.hidden = complete || selection.isActive();
  }

  /** @param {number} milliseconds */
  function statusText(milliseconds) {
    if (hits.length === 0) return "";
    const size = librarySize();
    const among = size === undefined ? "" : ` of ${counted(size, "pose")}`;
    return `The best ${hits.length}${among}, in ${Math.max(1, Math.round(milliseconds))} ms`;
  }

  /** @param {string[]} absent */
  function nothingText(absent) {
    if (librarySize() === 0) return "This library holds no poses yet.";
    return absent.length > 0 ? absent.join(" ") : "No pose meets all filters.";
  }

  function librarySize() {
    const { libraries, library } = store.get();
    return libraries?.find(({ name }) => name === library)?.poses;
  }

  /** @param {Hit} best */
  function unlikelyText(best) {
    return `This pose may well not be in the library: the best match has ${percent(best.probability)}.`;
  }

  function spokenResult() {
    if (hits.length === 0) return "Nothing found";
    const [best] = hits;
    return `${counted(hits.length, "pose")} found. Best: ${percent(best.probability)}, ${spoken(best)}`;
  }

  /** @param {unknown} error */
  function failed(error) {
    const problem = error instanceof Problem ? error : null;
    const text = error instanceof Error ? error.message : String(error);
    if (problem?.status === 400 || problem?.status === 422) refused(text);
    else showNote("failed", problem?.title || "The search failed", text, search.again);
    status.textContent = "";
    if (gallery.root.querySelector(".loading")) gallery.root.replaceChildren();
    announce(`The search failed. ${text}`);
  }

  /** Nothing that was found before answers what cannot be asked. @param {string} text */
  function refused(text) {
    hits = [];
    complete = true;
    store.set({ results: null });
    if (!selection.isActive()) gallery.root.replaceChildren();
    status.textContent = "";
    showMore();
    showNote("failed", "This cannot be searched for", sentence(text));
  }

  function showLibraries() {
    const { libraries } = store.get();
    if (libraries === null || libraries.length > 0) return;
    gallery.root.replaceChildren();
    status.textContent = "";
    showNote("empty", "No library", "The server has no library to search, or it cannot be reached.", () => location.reload());
  }

  /** @param {string} kind @param {string} title @param {string} text @param {() => void} [again] */
  function showNote(kind, title, text, again) {
    note.className = `result-note ${kind}`;
    note.hidden = false;
    const parts = [title && h("strong", {}, title), h("p", {}, text)];
    if (again) parts.push(h("button", { type: "button", class: "button", onclick: again }, "Try again"));
    note.replaceChildren(...parts.filter(Boolean));
  }

  async function loadMore() {
    more.disabled = true;
    try {
      await search.settled();
      if (complete) return;
      const asked = hits;
      const before = hits.length;
      const next = await search.more(before);
      if (hits !== asked) return;
      const known = new Set(hits.map(({ row }) => row));
      hits = [...hits, ...next.hits.filter(({ row }) => !known.has(row))];
      complete = next.complete || hits.length >= MOST;
      showMore();
      status.textContent = statusText(next.milliseconds);
      display();
      gallery.focusCard(before);
      announce(`${counted(hits.length - before, "more pose")}, ${hits.length} in all`);
    } catch (error) {
      fail(error, "No more could be had");
    } finally {
      more.disabled = false;
    }
  }

  /** @param {Hit} hit */
  function use(hit) {
    details.close();
    store.set({ query: { keypoints: hit.keypoints, origin: "row", label: spoken(hit) } });
    arrived(hit, "is the query");
  }

  /** @param {Hit} hit */
  function similar(hit) {
    details.close();
    const label = `like ${spoken(hit)}`;
    store.set({ query: { keypoints: hit.keypoints, row: hit.row, origin: "row", label } });
    arrived(hit, "is searched for");
  }

  /** The new query is in the editor, the new hits are at the top. @param {Hit} hit @param {string} what */
  function arrived(hit, what) {
    selection.clear();
    announce(`${spoken(hit)} ${what}`);
    document.querySelector(".query-panel")?.scrollIntoView({ block: "nearest" });
    scrollTo({ top: 0 });
  }
}
