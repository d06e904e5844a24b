// Rounding as Python's `round` does it: to the nearest decimal, ties to the even one.

/**
 * Return a number rounded to decimals. A tie, which only a sum of powers of two can be, goes to the
 * even decimal, where `toFixed` goes away from zero.
 *
 * @param {number} value
 * @param {number} digits 0 to 6.
 */
export function rounded(value, digits) {
  const nearest = Number(value.toFixed(digits));
  const halves = value * 2 * 10 ** digits;
  const isTie = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs(halves % 2) === 1;
  if (!isTie) return nearest;
  const lower = Math.floor(halves / 2);
  return (lower % 2 === 0 ? lower : lower + 1) / 10 ** digits;
}

/**
 * Return numbers rounded to decimals.
 *
 * @param {number[]} values
 * @param {number} digits
 */
export function roundedAll(values, digits) {
  return values.map((value) => rounded(value, digits));
}

/**
 * Return an object with its numbers rounded to decimals.
 *
 * @template {string} Name
 * @param {Record<Name, number>} values
 * @param {number} digits
 * @returns {Record<Name, number>}
 */
export function roundedValues(values, digits) {
  const entries = /** @type {[Name, number][]} */ (Object.entries(values));
  return /** @type {Record<Name, number>} */ (
    Object.fromEntries(entries.map(([name, value]) => [name, rounded(value, digits)]))
  );
}
