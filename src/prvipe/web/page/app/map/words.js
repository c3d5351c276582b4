/** Poses and counts in words. */

/** @typedef {import("../store.js").Hit} Hit */

/** @param {number} count @param {string} [one] @param {string} [many] @returns {string} as in "1,234 poses" */
export function counted(count, one = "pose", many = "poses") {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** @param {Hit} hit @returns {string} where a pose is from, as in "cam01, 1.25 s" */
export function whence(hit) {
  const camera = hit.fields?.camera;
  const source = hit.source === null ? null : String(hit.source).split(/[\\/]/).pop();
  const when =
    hit.time !== null ? `${hit.time.toFixed(2)} s` : hit.frame !== null ? `frame ${hit.frame}` : null;
  const known = [camera ?? source ?? `row ${hit.row}`, when].filter((part) => part !== null);
  return known.map(String).join(", ");
}

/** @param {Hit} hit @returns {[string, string][]} everything known of a pose, by name */
export function facts(hit) {
  const own = { row: hit.row, source: hit.source, frame: hit.frame, time: hit.time, person: hit.person };
  return Object.entries({ ...own, ...hit.fields })
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => [name, worded(value)]);
}

/** @param {any} value */
function worded(value) {
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {string} method @returns {string} */
export function methodName(method) {
  return { pca: "PCA", umap: "UMAP", tsne: "t-SNE" }[method] ?? method;
}
