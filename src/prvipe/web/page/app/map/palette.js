/**
 * Colours of the points: for categories told apart by colour-blind eyes, too; for numbers a scale
 * from dark to light. tests/web/page/test_map.py measures both.
 */

import { fileName } from "../search/words.js";
import { packColor } from "./raster.js";

/** Colours of the commonest categories, on a light and on a dark ground. */
export const CATEGORIES = {
  light: ["#0072b2", "#e8590c", "#8418fc", "#780048", "#48b448", "#e48484", "#304800", "#c078fc"],
  dark: ["#4da3ff", "#ff8a3d", "#c0fca8", "#8418fc", "#e400b4", "#e4fc00", "#f09ccc", "#306c0c"],
};

/** Colour of what is not known, and of categories beyond the commonest. */
export const REST = { light: "#8a8f98", dark: "#7d828c" };

const SCALE = {
  light: ["#440154", "#3b528b", "#21818c", "#3a9e5f", "#8fae1b"],
  dark: ["#4d59a8", "#2f8fa3", "#35b779", "#9fda3a", "#fde725"],
};

/**
 * @param {"light" | "dark"} theme
 * @param {number} steps
 * @returns {string[]} colours of numbers from the least to the largest.
 */
export function numberScale(theme, steps) {
  const stops = SCALE[theme].map(channels);
  return Array.from({ length: steps }, (_, step) => {
    const place = (step / Math.max(1, steps - 1)) * (stops.length - 1);
    const first = Math.min(stops.length - 2, Math.floor(place));
    const share = place - first;
    const mixed = stops[first].map((value, channel) =>
      Math.round(value + share * (stops[first + 1][channel] - value)),
    );
    return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
  });
}

/** @param {string} hex */
function channels(hex) {
  return [1, 3, 5].map((place) => Number.parseInt(hex.slice(place, place + 2), 16));
}

/**
 * @typedef {object} Group - points of one entry of the legend.
 * @property {string} label
 * @property {string} [title] the whole name, where the label is only its end
 * @property {string} color
 * @property {number} count
 * @property {boolean} rest - whether it stands for several values, or none.
 * @property {string[]} [names] - of the values that it stands for, the commonest first.
 *
 * @typedef {object} Coloring
 * @property {Uint8Array} groups - number of the group of every point.
 * @property {Group[]} legend
 * @property {Uint32Array} colors - packed, of every point.
 * @property {[number, number] | null} range - of a number.
 */

/**
 * Colours for all points, and the legend that explains them.
 *
 * @param {import("./answer.js").MapPoints} points
 * @param {"light" | "dark"} theme
 * @returns {Coloring}
 */
export function colorPoints(points, theme) {
  const column = points.header.color;
  if (column === null) return colorAlike(points, theme);
  return column.kind === "category"
    ? colorCategories(points, column.names, theme)
    : colorNumbers(points, column.range, theme);
}

/** @param {import("./answer.js").MapPoints} points @param {"light" | "dark"} theme @returns {Coloring} */
function colorAlike(points, theme) {
  const color = CATEGORIES[theme][0];
  const legend = [{ label: "all poses", color, count: points.rows.length, rest: false }];
  const groups = new Uint8Array(points.rows.length);
  return { groups, legend, colors: paint(groups, legend), range: null };
}

/**
 * @param {import("./answer.js").MapPoints} points
 * @param {string[]} names
 * @param {"light" | "dark"} theme
 * @returns {Coloring}
 */
function colorCategories(points, names, theme) {
  const counts = new Uint32Array(names.length);
  let unknown = 0;
  for (const code of points.color) {
    if (Number.isNaN(code)) unknown += 1;
    else counts[code] += 1;
  }
  const present = [...counts.keys()].filter((code) => counts[code] > 0);
  // What is told apart by the last part of a path needs no more of it.
  const short = names.map(fileName);
  const labels = new Set(short).size === names.length ? short : names;
  const ranked = [...present].sort((a, b) => counts[b] - counts[a] || a - b);
  const common = ranked
    .slice(0, CATEGORIES[theme].length)
    .sort((a, b) => labels[a].localeCompare(labels[b], "en", { numeric: true }));
  /** @type {Group[]} */
  const legend = common.map((code, place) => ({
    label: labels[code],
    title: names[code],
    color: CATEGORIES[theme][place],
    count: counts[code],
    rest: false,
  }));
  const others = ranked.slice(common.length).map((code) => labels[code]);
  const among = common.reduce((sum, code) => sum + counts[code], 0);
  const group = new Uint8Array(names.length).fill(legend.length);
  common.forEach((code, place) => (group[code] = place));
  if (others.length > 0) {
    const count = points.rows.length - unknown - among;
    const label = others.length === 1 ? others[0] : `${others.length} other values`;
    legend.push({ label, color: REST[theme], count, rest: true, names: others });
  }
  const last = legend.length;
  if (unknown > 0) {
    legend.push({ label: "not known", color: REST[theme], count: unknown, rest: true });
  }
  const groups = Uint8Array.from(points.color, (code) => (Number.isNaN(code) ? last : group[code]));
  return { groups, legend, colors: paint(groups, legend), range: null };
}

/**
 * @param {import("./answer.js").MapPoints} points
 * @param {[number, number]} range
 * @param {"light" | "dark"} theme
 * @returns {Coloring}
 */
function colorNumbers(points, [least, most], theme) {
  const scale = numberScale(theme, 256).map(packColor);
  const rest = packColor(REST[theme]);
  const groups = Uint8Array.from(points.color, (value) => (Number.isNaN(value) ? 1 : 0));
  const colors = Uint32Array.from(points.color, (value) =>
    Number.isNaN(value) ? rest : scale[Math.round((255 * (value - least)) / (most - least || 1))],
  );
  const unknown = groups.reduce((sum, group) => sum + group, 0);
  const known = points.rows.length - unknown;
  const legend = [{ label: "known", color: numberScale(theme, 3)[1], count: known, rest: false }];
  legend.push({ label: "not known", color: REST[theme], count: unknown, rest: true });
  return { groups, legend, colors, range: [least, most] };
}

/** @param {Uint8Array} groups @param {Group[]} legend */
function paint(groups, legend) {
  const packed = legend.map(({ color }) => packColor(color));
  return Uint32Array.from(groups, (group) => packed[group]);
}
