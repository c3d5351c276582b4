/** The pose under the pointer, or in the middle of the map for the keyboard: shown and read out. */

import { debounce } from "../dom.js";
import { createHoverCard } from "./hover_card.js";
import { spoken } from "../search/words.js";

const REACH = { mouse: 12, touch: 24, keys: 60 };

/**
 * @param {HTMLElement} plane
 * @param {import("./chart.js").Chart} chart
 * @param {import("./pose_source.js").PoseSource} poses
 * @param {import("../main.js").Context} context
 * @param {(row: number) => void} pin - a pose was picked.
 */
export function createPointing(plane, chart, poses, { store, api, announce, fail }, pin) {
  const card = createHoverCard(plane, api);
  /** @type {number | null} */
  let row = null;
  const show = debounce(load, 60);
  const tell = debounce(read, 350);

  /** @param {[number, number]} place @param {boolean} aloud */
  async function load(place, aloud) {
    const asked = row;
    const { library } = store.get();
    if (asked === null || library === null) return;
    try {
      const [hit] = await poses.get([asked]);
      if (hit === undefined || row !== asked) return;
      card.show(hit, library, standing(asked) ?? place);
      if (aloud) tell(`${spoken(hit)}, row ${hit.row}`);
    } catch (error) {
      fail(error, "The pose could not be shown");
    }
  }

  /** @param {number} its @returns {[number, number] | null} where a pose is on the screen */
  function standing(its) {
    const there = chart.placeOf(its);
    return there && chart.viewport.toScreen(...there);
  }

  /** @param {string} text */
  function read(text) {
    announce(text);
  }

  /** @param {number | null} found @param {[number, number]} place @param {boolean} aloud */
  function look(found, place, aloud) {
    row = found;
    plane.classList.toggle("on-pose", row !== null);
    store.set({ highlight: row });
    if (row === null) hide();
    else show(place, aloud);
    if (row === null && aloud) tell("No pose near the middle");
  }

  function hide() {
    show.cancel();
    tell.cancel();
    card.hide();
  }

  return {
    /** @param {number} left @param {number} top */
    point(left, top) {
      chart.marks.cross = false;
      look(chart.rowAt(left, top, REACH.mouse), [left, top], false);
    },

    /** @param {number} left @param {number} top @param {boolean} touch */
    click(left, top, touch) {
      const found = chart.rowAt(left, top, touch ? REACH.touch : REACH.mouse);
      if (found === null) return;
      hide();
      pin(found);
    },

    /** The view was moved by keys: what is in the middle now? */
    middle() {
      chart.marks.cross = true;
      chart.remark();
      const { width, height } = chart.viewport;
      look(chart.rowAt(width / 2, height / 2, REACH.keys), [width / 2, height / 2], true);
    },

    /** Keep what is pointed at. */
    open() {
      if (row !== null) pin(row);
    },

    leave() {
      row = null;
      chart.marks.cross = false;
      chart.remark();
      plane.classList.remove("on-pose");
      hide();
      store.set({ highlight: null });
    },
  };
}
