/** The pairs of an alignment as files, made in the browser. */

/** @typedef {import("./answer.js").Alignment} Alignment */

const COLUMNS = ["frame_a", "time_a", "frame_b", "time_b", "probability", "smoothed_probability"];

/** @param {Alignment} alignment @returns {string} a line for every pair, unknown values empty */
export function pairsAsCsv(alignment) {
  const lines = rowsOf(alignment).map((row) => row.map((value) => value ?? "").join(","));
  return `${[COLUMNS.join(","), ...lines].join("\r\n")}\r\n`;
}

/**
 * @param {Alignment} alignment
 * @param {[string, string]} names
 * @returns {string}
 */
export function pairsAsJson(alignment, names) {
  const pairs = rowsOf(alignment).map((row) =>
    Object.fromEntries(COLUMNS.map((column, place) => [column, row[place]])),
  );
  const { verdict, similarity, offset, pace, course } = alignment;
  const unit = course.inSeconds ? "seconds" : "frames";
  const head = { a: names[0], b: names[1], verdict, similarity, unit, offset, pace };
  return `${JSON.stringify({ ...head, pairs }, null, 2)}\n`;
}

/**
 * Let the browser save text as a file.
 *
 * @param {string} text
 * @param {string} filename
 * @param {string} type
 */
export function saveText(text, filename, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** @param {Alignment} alignment @returns {(number | null)[][]} */
function rowsOf({ course }) {
  const known = (/** @type {number} */ value) => (Number.isFinite(value) ? value : null);
  const seconds = (/** @type {number} */ value) => (course.inSeconds ? known(value) : null);
  return Array.from({ length: course.count }, (_, pair) => [
    course.framesA[pair],
    seconds(course.timesA[pair]),
    course.framesB[pair],
    seconds(course.timesB[pair]),
    known(course.single[pair]),
    known(course.smoothed[pair]),
  ]);
}
