/** Pictures of frames: fetched in the order in which they are wanted, and kept for a while. */

/** Requests at once; the server has few workers that decode. */
const PARALLEL = 4;
/** Pictures that are kept, of both clips together. */
const MOST_KEPT = 240;
/** A picture that failed is asked for again after so many milliseconds. */
const TRY_AGAIN_MS = 10_000;
/** How long to wait where a busy server does not say. */
const BUSY_SECONDS = 1;

/**
 * @typedef {object} FrameStore
 * @property {(urls: string[]) => void} want what to fetch, most urgent first; the rest is given up
 * @property {(url: string) => ImageBitmap|null} get
 * @property {(url: string) => string} failure why there is no picture; empty if it may still come
 * @property {(listener: (url: string) => void) => void} onChange a picture came, or failed
 * @property {() => void} dispose
 */

/** @returns {FrameStore} */
export function createFrameStore() {
  /** @type {Map<string, ImageBitmap>} oldest use first */
  const kept = new Map();
  /** @type {Map<string, {words: string, until: number}>} */
  const failures = new Map();
  /** @type {Map<string, AbortController>} */
  const pending = new Map();
  let wanted = [];
  let listener = (_url) => {};
  let pausedUntil = 0;
  let timer = 0;
  let disposed = false;

  function pump() {
    if (disposed) return;
    const wait = pausedUntil - Date.now();
    if (wait > 0) {
      clearTimeout(timer);
      timer = setTimeout(pump, wait);
      return;
    }
    for (const url of wanted) {
      if (pending.size >= PARALLEL) return;
      if (!kept.has(url) && !pending.has(url) && !isFailed(url)) load(url);
    }
  }

  async function load(url) {
    const abort = new AbortController();
    pending.set(url, abort);
    try {
      const response = await fetch(url, { signal: abort.signal, credentials: "same-origin" });
      if (response.status === 429 || response.status === 503) {
        const seconds = Number(response.headers.get("Retry-After")) || BUSY_SECONDS;
        pausedUntil = Date.now() + seconds * 1000;
      } else if (!response.ok) {
        fail(url, describeStatus(response.status));
      } else {
        keep(url, await createImageBitmap(await response.blob()));
      }
    } catch (error) {
      if (error.name !== "AbortError") fail(url, "The picture of this frame could not be loaded.");
    } finally {
      pending.delete(url);
      pump();
    }
  }

  function keep(url, bitmap) {
    if (disposed) {
      bitmap.close();
      return;
    }
    kept.set(url, bitmap);
    for (const [old, picture] of kept) {
      if (kept.size <= MOST_KEPT) break;
      kept.delete(old);
      picture.close();
    }
    listener(url);
  }

  function fail(url, words) {
    failures.set(url, { words, until: Date.now() + TRY_AGAIN_MS });
    if (!disposed) listener(url);
  }

  function isFailed(url) {
    const failure = failures.get(url);
    if (failure && failure.until < Date.now()) failures.delete(url);
    return failures.has(url);
  }

  return {
    want(urls) {
      wanted = urls;
      const still = new Set(urls);
      for (const [url, abort] of pending) if (!still.has(url)) abort.abort();
      pump();
    },
    get(url) {
      const bitmap = kept.get(url);
      if (!bitmap) return null;
      kept.delete(url);
      kept.set(url, bitmap);
      return bitmap;
    },
    failure: (url) => (isFailed(url) ? failures.get(url).words : ""),
    onChange(listens) {
      listener = listens;
    },
    dispose() {
      disposed = true;
      clearTimeout(timer);
      for (const abort of pending.values()) abort.abort();
      for (const bitmap of kept.values()) bitmap.close();
      kept.clear();
    },
  };
}

/**
 * The pairs whose frames to fetch, most urgent first: this one, then more ahead than behind.
 * @param {number} pair
 * @param {number} count
 * @param {-1|1} direction which way the page moves
 * @returns {number[]}
 */
export function pairsAround(pair, count, direction) {
  const order = [pair];
  for (let step = 1; step <= 24; step += 1) {
    order.push(pair + direction * step);
    if (step % 3 === 0) order.push(pair - (direction * step) / 3);
  }
  return order.filter((each) => each >= 0 && each < count);
}

/** @param {number} status */
function describeStatus(status) {
  if (status === 404) return "There is no picture of this frame.";
  if (status === 504) return "The picture of this frame took too long.";
  if (status === 401) return "Pictures need a new sign-in: reload the page.";
  return "The picture of this frame could not be made.";
}
