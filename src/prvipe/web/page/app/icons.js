/** Icons, drawn as lines on a grid of 24. They are decoration: their buttons say what they do. */

import { svg } from "./dom.js";

const PATHS = {
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5",
  system: "M3 5h18v12H3zM8 21h8M12 17v4",
  close: "M6 6l12 12M18 6L6 18",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "M16 5l4 4-4 4M20 9H10a6 6 0 0 0 0 12h3",
  mirror: "M12 3v18M8 7l-5 10h5zM16 7l5 10h-5z",
  swap: "M4 8h14M14 4l4 4-4 4M20 16H6M10 12l-4 4 4 4",
  hide: "M3 3l18 18M10.6 6.2A9 9 0 0 1 12 6c5 0 8.5 4 9.5 6a14 14 0 0 1-2.7 3.5M6.5 7.8A14 14 0 0 0 2.500 12c1 2 4.500 6 9.500 6a9 9 0 0 0 4.200-1M10 10.200a2.800 2.800 0 0 0 3.900 3.900",
  show: "M2.500 12c1-2 4.500-6 9.500-6s8.500 4 9.500 6c-1 2-4.500 6-9.500 6s-8.500-4-9.500-6M12 9.200a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600",
  showAll: "M12 2.500a2 2 0 1 0 0 4 2 2 0 0 0 0-4M12 6.500v8M5.500 10h13M12 14.500l-4.500 7M12 14.500l4.500 7",
  rotateLeft: "M4 5v5h5M4.600 10A8 8 0 1 1 4 13",
  rotateRight: "M20 5v5h-5M19.400 10A8 8 0 1 0 20 13",
  larger: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l5 5M8 11h6M11 8v6",
  smaller: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l5 5M8 11h6",
  reset: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  paste: "M9 4h6v3H9zM9 5H5v16h14V5h-4",
  limb: "M6 5l7 6-3 9M6 3.500a1.500 1.500 0 1 0 0 3M13 9.500a1.500 1.500 0 1 0 0 3M10 18.500a1.500 1.500 0 1 0 0 3",
  upload: "M12 16V4M7 9l5-5 5 5M4 16v4h16v-4",
  filter: "M3 5h18l-7 8v6l-4 2v-8z",
  link: "M10 14a4 4 0 0 0 6 .500l3-3a4 4 0 0 0-6-6l-1.500 1.500M14 10a4 4 0 0 0-6-.500l-3 3a4 4 0 0 0 6 6l1.500-1.500",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l5 5",
  similar: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM16.500 13v7M13 16.500h7",
  pin: "M12 21s7-6.500 7-11.500a7 7 0 0 0-14 0C5 14.500 12 21 12 21M12 7a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5",
  cube: "M12 2.500l8.500 4.700v9.600L12 21.500l-8.500-4.700V7.200zM3.500 7.200L12 12l8.500-4.800M12 12v9.500",
  compare: "M4 5h6v14H4zM14 5h6v14h-6z",
  align: "M3 7h10M8 12h10M5 17h14",
  down: "M5 9l7 7 7-7",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  play: "M7 4.500v15l12-7.500z",
  pause: "M8 5v14M16 5v14",
  download: "M12 4v12M7 11l5 5 5-5M4 20h16",
  warning: "M12 4L2.500 20h19zM12 10v5M12 17.500v.300",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 11v6M12 7.500v.500",
};

/** @param {keyof typeof PATHS} name @returns {SVGElement} */
export function icon(name) {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: PATHS[name] }),
  );
}
