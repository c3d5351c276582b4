/** Round numbers along an axis. */

/**
 * @param {number} low
 * @param {number} high
 * @param {number} most how many at most, one more or less
 * @returns {{values: number[], digits: number}} round numbers from low to high, and the decimals
 *   that tell them apart
 */
export function roundTicks(low, high, most) {
  const rough = (high - low) / Math.max(most, 1);
  if (!(rough > 0)) return { values: [low], digits: 0 };
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((each) => each * power >= rough * 0.999) ?? 10) * power;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const values = [];
  for (let count = Math.ceil(low / step - 1e-9); count * step <= high + step * 1e-9; count += 1) {
    values.push(count * step);
  }
  return { values, digits };
}
