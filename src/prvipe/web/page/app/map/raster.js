/**
 * Points as discs in the pixels of an image. A canvas would need a path for each of 100,000 points;
 * writing pixels takes a few milliseconds, with or without a graphics card.
 */

/** Points that are hidden, in the background, or in front. */
export const HIDDEN = 0;
export const FADED = 1;
export const CLEAR = 2;

/**
 * A disc: how far each of its pixels is from the middle, and how much it is covered (of 256).
 *
 * @param {number} radius - in pixels of the image.
 * @param {number} width - pixels in a row of the image.
 */
export function makeDisc(radius, width) {
  const reach = Math.ceil(radius);
  const pixels = [];
  for (let down = -reach; down <= reach; down += 1) {
    for (let right = -reach; right <= reach; right += 1) {
      const covered = Math.round(256 * Math.min(1, radius + 0.5 - Math.hypot(right, down)));
      if (covered > 16) pixels.push([down * width + right, covered]);
    }
  }
  pixels.sort((a, b) => b[1] - a[1]);
  return {
    reach,
    offsets: Int32Array.from(pixels, ([offset]) => offset),
    covered: Int32Array.from(pixels, ([, covered]) => covered),
    full: pixels.filter(([, covered]) => covered === 256).length,
  };
}

/**
 * Draws all points of one layer.
 *
 * @param {Uint32Array} image - the pixels, as the platform packs RGBA.
 * @param {{width: number, height: number}} size - of the image.
 * @param {{xy: Float32Array, colors: Uint32Array, layers: Uint8Array}} points
 * @param {number} layer - which points to draw.
 * @param {{scale: number, left: number, top: number}} placing - pixel = place * scale + (left, top).
 * @param {ReturnType<typeof makeDisc>} disc
 */
export function drawDiscs(image, size, points, layer, placing, disc) {
  const { xy, colors, layers } = points;
  const { width } = size;
  const { reach, offsets, covered, full } = disc;
  const right = width - reach - 1;
  const bottom = size.height - reach - 1;
  for (let point = 0; point < layers.length; point += 1) {
    if (layers[point] !== layer) continue;
    const x = Math.round(xy[2 * point] * placing.scale + placing.left);
    const y = Math.round(placing.top - xy[2 * point + 1] * placing.scale);
    if (x < reach || x > right || y < reach || y > bottom) continue;
    const middle = y * width + x;
    const color = colors[point];
    for (let pixel = 0; pixel < full; pixel += 1) image[middle + offsets[pixel]] = color;
    for (let pixel = full; pixel < offsets.length; pixel += 1) {
      const place = middle + offsets[pixel];
      image[place] = mix(image[place], color, covered[pixel]);
    }
  }
}

/**
 * Two packed opaque colours mixed: `share` of 256 of the second.
 *
 * @param {number} under
 * @param {number} over
 * @param {number} share
 */
export function mix(under, over, share) {
  // Two of the channels at a time, each with eight bits of room above it.
  const odd = ((over & 0xff00ff) * share + (under & 0xff00ff) * (256 - share)) / 256;
  const even = (over & 0x00ff00) * share + (under & 0x00ff00) * (256 - share);
  return ((odd & 0xff00ff) | ((even >>> 8) & 0x00ff00) | 0xff000000) >>> 0;
}

/**
 * A CSS colour as one pixel of an image.
 *
 * @param {string} color - as in #1f77b4 or rgb(31, 119, 180).
 */
export function packColor(color) {
  const [red, green, blue] = color.startsWith("#")
    ? [1, 3, 5].map((place) => Number.parseInt(color.slice(place, place + 2), 16))
    : (color.match(/\d+/g) ?? [0, 0, 0]).map(Number);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
