/** The first query: a pose of the library, so that its matches show at once what a search finds. */

import { spoken } from "./words.js";

/** How many poses are looked at, spread over the library; the clearest is taken. */
const TRIED = 16;

/**
 * @param {import("../api.js").Api} api
 * @param {import("../api.js").Library} library
 * @returns {Promise<import("../store.js").Query | null>} null where none of those looked at is clear
 */
export async function exampleQuery(api, { name, poses }) {
  const count = Math.min(TRIED, poses);
  const rows = Array.from({ length: count }, (_, place) => Math.floor(((place + 0.5) * poses) / count));
  const [hits, judged] = await Promise.all([
    api.poses(name, rows),
    api.uncertainty({ library: name, rows }),
  ]);
  const [best] = judged
    .map(({ trust }, place) => ({ trust, hit: hits[place] }))
    .filter(({ trust, hit }) => trust.trusted && hit.keypoints.every(Boolean))
    .sort((a, b) => a.trust.variance - b.trust.variance);
  if (best === undefined) return null;
  return { keypoints: best.hit.keypoints, origin: "row", label: spoken(best.hit) };
}
