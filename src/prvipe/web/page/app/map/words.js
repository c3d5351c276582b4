/** What is on the map, in words. */

import { counted } from "../search/words.js";

/** @param {string} method @returns {string} */
export function methodName(method) {
  return { pca: "PCA", umap: "UMAP", tsne: "t-SNE" }[method] ?? method;
}

/**
 * @param {import("./answer.js").MapHeader} header
 * @param {string} column - by which poses are coloured; empty: none.
 * @param {number} inView
 * @returns {string}
 */
export function summaryOf({ count, total, method, color }, column, inView) {
  const number = count.toLocaleString("en");
  const shown = count < total ? `${number} of ${counted(total, "pose")} shown` : counted(count, "pose");
  const by = color === null ? "" : `, coloured by ${column}`;
  return `${shown}, placed by ${methodName(method)}${by}. ${counted(inView, "pose")} in view.`;
}
