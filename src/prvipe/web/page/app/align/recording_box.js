/** A field that finds a recording among many as one types. */

import { h } from "../dom.js";
import { recordingDetail, recordingName } from "./clip.js";

/** @typedef {import("./clip.js").Recording} Recording */

/** Recordings that are listed at once; more are found by typing. */
const MOST_LISTED = 60;

/**
 * @param {string} label
 * @param {string} id unique on the page
 * @param {(recording: Recording) => void} onPick
 * @returns {{element: HTMLElement, setRecordings: (recordings: Recording[]) => void,
 *   setValue: (name: string) => void}}
 */
export function createRecordingBox(label, id, onPick) {
  /** @type {{recording: Recording, name: string, detail: string, text: string}[]} */
  let entries = [];
  let found = entries;
  let listed = false;
  let typed = "";
  let active = -1;
  let value = "";

  const list = h("ul", {
    id: `${id}-list`,
    class: "recording-list",
    role: "listbox",
    "aria-label": `${label}: recordings`,
  });
  const more = h("p", { class: "recording-more soft small" });
  const popup = h("div", { class: "recording-popup", hidden: true }, list, more);
  const input = h("input", {
    id,
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": label,
    "aria-expanded": "false",
    "aria-controls": `${id}-list`,
    "aria-autocomplete": "list",
    oninput: () => open(input.value),
    onclick: () => popup.hidden && open(""),
    onfocus: () => input.select(),
    onblur: close,
    onkeydown: onKey,
  });

  function open(/** @type {string} */ text) {
    typed = text;
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    found = entries.filter((entry) => words.every((word) => entry.text.includes(word)));
    active = words.length && found.length ? 0 : -1;
    list.replaceChildren(...found.slice(0, MOST_LISTED).map(option));
    more.textContent = listed ? describeRest(found.length) : "The recordings are not there yet.";
    popup.hidden = false;
    input.setAttribute("aria-expanded", "true");
    markActive();
  }

  function close() {
    popup.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    input.value = value;
  }

  /** @param {{name: string, detail: string}} choice @param {number} place */
  function option({ name, detail }, place) {
    return h(
      "li",
      {
        id: `${id}-option-${place}`,
        role: "option",
        "aria-selected": String(name === value),
        // The field keeps the focus, so that its list stays open until the choice is made.
        onpointerdown: (/** @type {Event} */ event) => event.preventDefault(),
        onclick: () => pick(place),
      },
      h("span", { class: "recording-name" }, name),
      h("span", { class: "recording-detail soft small numeric" }, detail),
    );
  }

  function pick(/** @type {number} */ place) {
    value = found[place].name;
    close();
    onPick(found[place].recording);
  }

  function markActive() {
    const options = [...list.children];
    options.forEach((each, place) => each.classList.toggle("is-active", place === active));
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", options[active].id);
    options[active]?.scrollIntoView({ block: "nearest" });
  }

  function onKey(/** @type {KeyboardEvent} */ event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (popup.hidden) return open("");
      const count = Math.min(found.length, MOST_LISTED);
      active = count ? (active + step + count + (active < 0 && step < 0 ? 1 : 0)) % count : -1;
      markActive();
    } else if (event.key === "Enter" && !popup.hidden && active >= 0) {
      event.preventDefault();
      pick(active);
    } else if (event.key === "Escape" && !popup.hidden) {
      event.preventDefault();
      close();
    }
  }

  return {
    element: h("div", { class: "recording-box" }, input, popup),
    setRecordings(recordings) {
      entries = recordings.map((recording) => {
        const [name, detail] = [recordingName(recording), recordingDetail(recording)];
        const text = `${name} ${detail} ${recording.source ?? ""}`.toLowerCase();
        return { recording, name, detail, text };
      });
      listed = true;
      if (!popup.hidden) open(typed);
      const count = entries.length.toLocaleString("en");
      input.placeholder = entries.length ? `Search ${count} recordings` : "No recordings here";
    },
    setValue(name) {
      value = name;
      input.value = name;
      input.title = name;
    },
  };
}

/** @param {number} count @returns {string} */
function describeRest(count) {
  if (count === 0) return "No recording is called so.";
  if (count <= MOST_LISTED) return "";
  return `and ${(count - MOST_LISTED).toLocaleString("en")} more: type to find them`;
}
