/** Long lists a page at a time. */

import { h } from "../dom.js";
import { icon } from "../icons.js";

/**
 * @template T
 * @param {object} options
 * @param {string} options.label - what is paged, for people who listen.
 * @param {number} options.size - of a page.
 * @param {(items: T[], first: number, signal: AbortSignal) => Promise<void>} options.render - shows a page.
 * @param {(error: unknown) => void} options.fail
 */
export function createPager({ label, size, render, fail }) {
  /** @type {T[]} */
  let items = [];
  let page = 0;
  let abort = new AbortController();

  const previous = turn("left", "Previous page", -1);
  const next = turn("right", "Next page", 1);
  const where = h("span", { class: "small soft numeric", "aria-live": "polite" });
  const element = h("div", { class: "map-pager", role: "group", "aria-label": label }, previous, where, next);

  /** @param {any} name @param {string} text @param {number} by */
  function turn(name, text, by) {
    const onclick = () => void show(page + by);
    return h(
      "button",
      { type: "button", class: "icon-button", "aria-label": `${text}: ${label}`, title: text, onclick },
      icon(name),
    );
  }

  /** @param {number} wanted */
  async function show(wanted) {
    const pages = Math.max(1, Math.ceil(items.length / size));
    page = Math.max(0, Math.min(pages - 1, wanted));
    previous.disabled = page === 0;
    next.disabled = page === pages - 1;
    element.hidden = pages === 1;
    const first = page * size;
    const last = Math.min(items.length, first + size);
    where.textContent = `${(first + 1).toLocaleString("en")} to ${last.toLocaleString("en")} of ${items.length.toLocaleString("en")}`;
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    try {
      await render(items.slice(first, last), first, signal);
    } catch (error) {
      if (!signal.aborted) fail(error);
    }
  }

  return {
    element,
    /** @param {T[]} all - from the first page on. */
    set(all) {
      items = all;
      return show(0);
    },
    dispose: () => abort.abort(),
  };
}
