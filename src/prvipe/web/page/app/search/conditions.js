/** What is chosen in the filters, as conditions that the server reads. */

/** @typedef {import("../store.js").Filter} Filter */

/**
 * @param {Record<string, Filter>} filters by column
 * @returns {string[]} as in `camera in cam01,cam02` or `time>=10`
 */
export function conditionsOf(filters) {
  return Object.entries(filters).flatMap(([column, filter]) => ofColumn(column, filter));
}

/** @param {string} column @param {Filter} filter @returns {string[]} */
function ofColumn(column, filter) {
  const written = [];
  if (filter.in && filter.in.length > 0) written.push(...amongValues(column, filter));
  if (filter.least !== undefined) written.push(`${column}>=${filter.least}`);
  if (filter.most !== undefined) written.push(`${column}<=${filter.most}`);
  return written;
}

/** @param {string} column @param {Filter} filter @returns {string[]} */
function amongValues(column, { in: chosen = [], others = [] }) {
  if (chosen.length === 1) return [`${column}=${quoted(chosen[0])}`];
  // A list is divided at commas, so that values with one can only be named one by one.
  if (chosen.some((value) => value.includes(","))) {
    return others.map((value) => `${column}!=${quoted(value)}`);
  }
  return [`${column} in ${chosen.map(quoted).join(",")}`];
}

/** @param {string} value */
function quoted(value) {
  return /^\s|\s$|^["']/.test(value) || value === "" ? `"${value}"` : value;
}

/** What a filter lets through, in words. @param {string} column @param {Filter} filter */
export function filterWords(column, filter) {
  if (filter.in && filter.in.length > 0) {
    const [first, ...rest] = filter.in;
    return `${column}: ${first === "null" ? "not known" : first}${rest.length ? ` and ${rest.length} more` : ""}`;
  }
  const { least, most } = filter;
  if (least !== undefined && most !== undefined) return `${column}: ${least} to ${most}`;
  return least !== undefined ? `${column}: from ${least}` : `${column}: up to ${most}`;
}
