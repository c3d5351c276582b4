/** What was before, and what was undone. */

const MOST = 200;

/**
 * @template T
 * @param {T} start
 */
export function createHistory(start) {
  /** @type {T[]} */
  let past = [];
  /** @type {T[]} */
  let future = [];
  let present = start;

  return {
    get present() {
      return present;
    },
    get canUndo() {
      return past.length > 0;
    },
    get canRedo() {
      return future.length > 0;
    },

    /** @param {T} next */
    push(next) {
      past = [...past, present].slice(-MOST);
      present = next;
      future = [];
    },

    /** Take it as what has always been. @param {T} next */
    replace(next) {
      present = next;
    },

    undo() {
      const before = past.pop();
      if (before === undefined) return;
      future.push(present);
      present = before;
    },

    redo() {
      const after = future.pop();
      if (after === undefined) return;
      past.push(present);
      present = after;
    },
  };
}
