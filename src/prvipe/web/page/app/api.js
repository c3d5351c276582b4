/** The HTTP interface of the server, typed. */

/**
 * @typedef {import("./store.js").Point} Point
 * @typedef {import("./store.js").Hit} Hit
 * @typedef {{skeleton: string, keypoints: Point[][], scores?: number[][] | null,
 *   fields?: Record<string, any[]> | null}} Poses
 * @typedef {{poses: Poses} | {library: string, row: number}} PoseReference
 * @typedef {{poses: Poses} | {library: string, recording: string}} Clip
 * @typedef {{visible: number | null, joints: number, variance: number, doubts: string[],
 *   trusted: boolean}} Trust
 *
 * @typedef {object} Library
 * @property {string} name
 * @property {number} poses
 * @property {string} model
 * @property {string} skeleton
 * @property {Record<string, string>} columns name -> type
 * @property {number} generation
 * @property {number} sources
 * @property {boolean} has_images
 * @property {boolean} has_3d
 * @property {Record<string, Facet>} [facets]
 *
 * @typedef {{values?: {value: any, count: number}[], range?: [number, number]}} Facet
 *
 * @typedef {{library: string, generation: number, absent: string[],
 *   results: {trust: Trust, trusted: boolean, query: Point[] | null, hits: Hit[]}[]}} SearchAnswer
 *
 * @typedef {{trust: Trust, words: string, joints: {joint: string, visible: boolean,
 *   error: number | null, ambiguous: boolean}[]}} Uncertainty
 */

/** What went wrong, as the server says it (problem+json). */
export class Problem extends Error {
  /**
   * @param {number} status 0 where the server could not be reached
   * @param {{title?: string, detail?: string, field?: string | null, errors?: any[]}} body
   * @param {number | null} [retryAfter] seconds to wait before trying again
   */
  constructor(status, body, retryAfter = null) {
    super(body.detail || body.title || `The server answered ${status}`);
    this.name = "Problem";
    this.status = status;
    this.title = body.title || "";
    this.detail = body.detail || "";
    this.field = body.field ?? null;
    this.errors = body.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

/** @param {unknown} error whether a request was called off by ourselves */
export function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}

const UNREACHABLE = {
  title: "No answer",
  detail: "The server cannot be reached. It may have stopped; start it again and reload.",
};

/**
 * Make the functions that ask the server.
 *
 * @param {() => Promise<void>} askForToken opens a session after a 401; rejects if refused
 */
export function createApi(askForToken) {
  /**
   * Send a request; ask for the token and try again where one is needed.
   *
   * @param {string} path
   * @param {RequestInit} [options]
   * @returns {Promise<Response>}
   * @throws {Problem}
   */
  async function request(path, options = {}) {
    let response = await send(path, options);
    if (response.status === 401 && path !== "v1/session") {
      await askForToken();
      response = await send(path, options);
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  /** @param {string} path @param {RequestInit} [options] @returns {Promise<any>} */
  const json = async (path, options) => (await request(path, options)).json();

  /** @param {string} path @param {any} body @param {AbortSignal} [signal] @returns {Promise<any>} */
  const post = (path, body, signal) =>
    json(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });

  /** @param {string} library */
  const at = (library) => `v1/libraries/${encodeURIComponent(library)}`;

  return {
    request,

    /** @returns {Promise<Library[]>} */
    libraries: async () => (await json("v1/libraries")).libraries,

    /** The library with the values its columns take. @param {string} name @returns {Promise<Library>} */
    library: (name) => json(at(name)),

    /** @param {Record<string, any>} body @param {AbortSignal} [signal] @returns {Promise<SearchAnswer>} */
    search: (body, signal) => post("v1/search", body, signal),

    /** @param {Record<string, any>} body @param {AbortSignal} [signal] @returns {Promise<Uncertainty[]>} */
    uncertainty: async (body, signal) => (await post("v1/uncertainty", body, signal)).poses,

    /** @param {{a: PoseReference, b: PoseReference}} body @param {AbortSignal} [signal] */
    compare: (body, signal) => post("v1/compare", body, signal),

    /** @param {Record<string, any>} body with clips a and b @param {AbortSignal} [signal] */
    align: (body, signal) => post("v1/align", body, signal),

    /** @param {{library: string, row: number, query: PoseReference}} body @param {AbortSignal} [signal] */
    overlay: (body, signal) => post("v1/overlay", body, signal),

    /**
     * Find the people in an image, a video or a keypoint file.
     *
     * @param {Blob} file
     * @param {string} filename
     * @param {AbortSignal} [signal]
     * @returns {Promise<{kind: "image" | "video" | "keypoints", poses: Poses, suggested: number,
     *   notes: string[]}>}
     */
    read: (file, filename, signal) =>
      json(`v1/read?${new URLSearchParams({ filename })}`, {
        method: "POST",
        headers: { "Content-Type": "application/octet-stream" },
        body: file,
        signal,
      }),

    /** @param {string} library @param {number[]} rows at most 500 @param {AbortSignal} [signal] @returns {Promise<Hit[]>} */
    poses: async (library, rows, signal) =>
      (await json(`${at(library)}/poses?rows=${rows.join(",")}`, { signal })).poses,

    /** Address of a source frame: the person cut out of it, or the whole. @param {string} library @param {number} row @param {{height?: number, drawn?: boolean, whole?: boolean}} [options] */
    imageUrl: (library, row, { height = 240, drawn = true, whole = false } = {}) =>
      `${at(library)}/poses/${row}/image?height=${height}&drawn=${drawn}${whole ? "&whole=true" : ""}`,

    /** @param {string} library @param {AbortSignal} [signal] @returns {Promise<any[]>} */
    recordings: async (library, signal) =>
      (await json(`${at(library)}/recordings`, { signal })).recordings,

    /** @param {string} library @param {string} id @param {AbortSignal} [signal] */
    recording: (library, id, signal) =>
      json(`${at(library)}/recordings/${encodeURIComponent(id)}`, { signal }),

    /**
     * The map of a library, as bytes (status 200) or still being computed (status 202).
     *
     * @param {string} library
     * @param {{method?: string, color?: string, most?: number}} options
     * @param {AbortSignal} [signal]
     * @returns {Promise<Response>}
     */
    map: (library, options, signal) => {
      const given = Object.entries(options).filter(([, value]) => value !== undefined);
      const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
      return request(`${at(library)}/map?${query}`, { signal });
    },

    /** @param {string} token */
    openSession: (token) =>
      request("v1/session", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ token }),
      }),
  };
}

/** @typedef {ReturnType<typeof createApi>} Api */

/** @param {Point[]} keypoints one person of coco13 @returns {Poses} */
export function onePose(keypoints) {
  return { skeleton: "coco13", keypoints: [keypoints] };
}

/** @param {string} path @param {RequestInit} options */
async function send(path, options) {
  try {
    return await fetch(path, { credentials: "same-origin", ...options });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new Problem(0, UNREACHABLE);
  }
}

/** @param {Response} response @returns {Promise<Problem>} */
async function problemOf(response) {
  const wait = Number.parseFloat(response.headers.get("Retry-After") ?? "");
  const retryAfter = Number.isFinite(wait) ? wait : null;
  const body = await response.json().catch(() => ({ title: response.statusText }));
  return new Problem(response.status, body, retryAfter);
}
