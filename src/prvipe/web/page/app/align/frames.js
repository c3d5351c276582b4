/** Pictures of frames: fetched by the dozen in the order in which they are wanted, and kept. */

import { isAbort, Problem } from "../api.js";
import { describeProblem } from "../patience.js";

/** Pictures of one request: a video is decoded from a key frame on, once for all of them. */
const TOGETHER = 12;
/** Of the first request, which somebody waits for. */
const AT_FIRST = 3;
/** Requests of one clip at once: one ahead, and one if what is looked at now is missing. */
const MOST_REQUESTS = 2;
/** Pictures that are kept, of both clips together. */
const MOST_KEPT = 240;
/** Pairs ahead and behind that are fetched. */
const AHEAD = 64;
const BEHIND = 24;
/** A picture that failed is asked for again after so many milliseconds. */
const TRY_AGAIN_MS = 10_000;
/** How long to wait where a busy server does not say. */
const BUSY_SECONDS = 1;
const MISSING = "There is no picture of this frame.";

/**
 * @typedef {object} FrameStore
 * @property {(rows: number[], height: number) => void} want rows of the clip, most urgent first
 * @property {(row: number, height: number) => ImageBitmap | null} get
 * @property {(row: number, height: number) => string} failure why there is no picture; empty if it
 *   may still come
 * @property {(listener: () => void) => void} onChange pictures came, or failed
 * @property {() => void} dispose
 */

/**
 * @param {import("./clip.js").FetchFrames} fetchFrames of a clip with pictures
 * @returns {FrameStore}
 */
export function createFrameStore(fetchFrames) {
  /** @type {Map<string, ImageBitmap>} oldest use first */
  const kept = new Map();
  /** @type {Map<string, {words: string, until: number}>} */
  const failures = new Map();
  /** @type {Set<string>} */
  const coming = new Set();
  const abort = new AbortController();
  let wanted = { rows: /** @type {number[]} */ ([]), height: 0 };
  let requests = 0;
  let listener = () => {};
  let pausedUntil = 0;
  let timer = 0;

  function pump() {
    const wait = pausedUntil - Date.now();
    if (abort.signal.aborted || wanted.rows.length === 0) return;
    if (wait > 0) {
      clearTimeout(timer);
      timer = setTimeout(pump, wait);
      return;
    }
    const { rows, height } = wanted;
    const urgent = isMissing(keyOf(rows[0], height));
    if (requests >= (urgent ? MOST_REQUESTS : 1)) return;
    const missing = rows.filter((row) => isMissing(keyOf(row, height)));
    const count = kept.size ? TOGETHER : AT_FIRST;
    if (missing.length) void load(missing.slice(0, count), height);
  }

  /** Neither here nor on its way. @param {string} key */
  function isMissing(key) {
    return !kept.has(key) && !coming.has(key) && !failed(key);
  }

  async function load(/** @type {number[]} */ rows, /** @type {number} */ height) {
    const keys = rows.map((row) => keyOf(row, height));
    for (const key of keys) coming.add(key);
    requests += 1;
    try {
      const pictures = await fetchFrames(rows, height, abort.signal);
      await Promise.all(pictures.map((picture, place) => keep(keys[place], picture)));
    } catch (error) {
      if (isAbort(error)) return;
      const busy = error instanceof Problem && (error.status === 429 || error.status === 503);
      if (busy) pausedUntil = Date.now() + (error.retryAfter ?? BUSY_SECONDS) * 1000;
      else for (const key of keys) fail(key, describeFailure(error));
    } finally {
      for (const key of keys) coming.delete(key);
      requests -= 1;
      if (!abort.signal.aborted) listener();
      pump();
    }
  }

  async function keep(/** @type {string} */ key, /** @type {Blob | null} */ picture) {
    if (picture === null) return fail(key, MISSING);
    const bitmap = await createImageBitmap(picture);
    if (abort.signal.aborted) return bitmap.close();
    kept.set(key, bitmap);
    for (const [old, oldest] of kept) {
      if (kept.size <= MOST_KEPT / 2) break;
      kept.delete(old);
      oldest.close();
    }
  }

  function fail(/** @type {string} */ key, /** @type {string} */ words) {
    failures.set(key, { words, until: Date.now() + TRY_AGAIN_MS });
  }

  function failed(/** @type {string} */ key) {
    const failure = failures.get(key);
    if (failure && failure.until < Date.now()) failures.delete(key);
    return failures.get(key);
  }

  return {
    want(rows, height) {
      wanted = { rows, height };
      pump();
    },
    get(row, height) {
      const key = keyOf(row, height);
      const bitmap = kept.get(key);
      if (!bitmap) return null;
      kept.delete(key);
      kept.set(key, bitmap);
      return bitmap;
    },
    failure: (row, height) => failed(keyOf(row, height))?.words ?? "",
    onChange(listens) {
      listener = listens;
    },
    dispose() {
      abort.abort();
      clearTimeout(timer);
      for (const bitmap of kept.values()) bitmap.close();
      kept.clear();
    },
  };
}

/**
 * The pairs whose frames to fetch, most urgent first: this one, then more ahead than behind.
 *
 * @param {number} pair
 * @param {number} count
 * @param {-1 | 1} direction which way the page moves
 * @returns {number[]}
 */
export function pairsAround(pair, count, direction) {
  const order = [pair];
  const share = Math.round(AHEAD / BEHIND);
  for (let step = 1; step <= AHEAD; step += 1) {
    order.push(pair + direction * step);
    if (step % share === 0) order.push(pair - (direction * step) / share);
  }
  return order.filter((each) => each >= 0 && each < count);
}

/** @param {number} row @param {number} height */
function keyOf(row, height) {
  return `${row} ${height}`;
}

/** @param {unknown} error */
function describeFailure(error) {
  return `No picture: ${describeProblem(error)}`;
}
