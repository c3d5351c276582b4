/** How far apart matches of one recording are: neighbouring frames are nearly one pose. */

import { h } from "../dom.js";

const BY_TIME = [
  ["", "Every frame"],
  ["0.5s", "0.5 s apart"],
  ["2s", "2 s apart"],
  ["10s", "10 s apart"],
  ["1000000s", "One per recording"],
];
const BY_FRAME = [
  ["", "Every frame"],
  ["15f", "15 frames apart"],
  ["60f", "60 frames apart"],
  ["300f", "300 frames apart"],
  ["100000000f", "One per recording"],
];

/** @param {import("../store.js").Store} store @returns {{root: HTMLElement, dispose: () => void}} */
export function createApartChooser(store) {
  const label = "How far apart matches of one recording are";
  const select = h("select", { id: "apart", "aria-label": label, title: label });
  select.addEventListener("change", () => store.set({ distinct: select.value }));
  const dispose = store.subscribe(["library", "libraries", "distinct"], show);
  show();
  return { root: select, dispose };

  function show() {
    const { libraries, library, distinct } = store.get();
    const columns = libraries?.find(({ name }) => name === library)?.columns;
    if (columns === undefined) return;
    const choices = "time" in columns ? BY_TIME : "frame" in columns ? BY_FRAME : [];
    select.hidden = choices.length === 0;
    select.replaceChildren(...choices.map(([value, text]) => h("option", { value }, text)));
    const known = choices.some(([value]) => value === distinct);
    const chosen = known ? distinct : (choices[1]?.[0] ?? "");
    select.value = chosen ?? "";
    store.set({ distinct: chosen });
  }
}
