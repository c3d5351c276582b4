/** The search view: a pose on one side, its matches on the other. */

import { h } from "../dom.js";
import { createEditor } from "../search/editor.js";
import { createResultsPanel } from "../search/results_panel.js";
import { createUpload } from "../search/upload.js";

/** @param {HTMLElement} root @param {import("../main.js").Context} context @returns {() => void} */
export function mount(root, context) {
  const upload = createUpload(context, root, (pose, label) =>
    editor.load(pose, { origin: "file", label }),
  );
  const editor = createEditor(context, upload);
  const results = createResultsPanel(context, editor.setUncertainty);
  root.append(
    h("h1", { class: "visually-hidden" }, "Search by pose"),
    h("div", { class: "search-layout" }, editor.root, results.root, results.details),
  );
  return () => {
    upload.dispose();
    results.dispose();
    editor.dispose();
  };
}
