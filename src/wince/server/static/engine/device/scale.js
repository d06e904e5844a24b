// The scale of a model, PSPI unless model.json names another one. Mirrors src/wince/scale.py.

import { constants } from "./constants.js";
import { rounded } from "./rounding.js";

/**
 * What a score is on; `cuts` and `levels` are empty for a scale without levels.
 *
 * @typedef {{ name: string, low: number, high: number, unit: string, cuts: number[], levels: string[] }} ModelScale
 */

const { RAW_MAXIMUM, UNIT_NAMES, UNIT_MAXIMA, PSPI_TERMS, PSPI } = constants.scale;

export { RAW_MAXIMUM, UNIT_NAMES, UNIT_MAXIMA };

/**
 * Return the scale in a manifest; older ones do not name PSPI.
 *
 * @param {ModelScale | null | undefined} data
 * @returns {ModelScale}
 */
export function scaleOf(data) {
  return data ?? PSPI;
}

/**
 * Whether a scale is PSPI, which alone has action units.
 *
 * @param {ModelScale} scale
 */
export function isPspi(scale) {
  return scale.name === PSPI.name;
}

/**
 * Return the level of a score; null for a scale without levels.
 *
 * @param {number} score
 * @param {ModelScale} scale
 */
export function levelOf(score, scale) {
  return scale.levels[scale.cuts.filter((cut) => score >= cut).length] ?? null;
}

/**
 * Return the decimals of a score as it is shown.
 *
 * @param {ModelScale} scale
 */
export function decimalsOf({ low, high }) {
  return Math.max(0, Math.ceil(Math.log10(50 / (high - low)) - 1e-9));
}

/**
 * Return a score as it is stated in results.
 *
 * @param {number} score
 * @param {ModelScale} scale
 */
export function roundedScore(score, scale) {
  return rounded(score, Math.max(3, decimalsOf(scale) + 2));
}

/**
 * Return each value with the one after it.
 *
 * @template T
 * @param {T[]} values
 * @returns {[T, T][]}
 */
export function pairwise(values) {
  return values.slice(1).map((value, index) => [values[index], value]);
}

/**
 * Return PSPI of six action units, in 32 bits as the network gives them.
 *
 * @param {ArrayLike<number>} units In the order of UNIT_NAMES.
 */
export function pspiOf32Bits(units) {
  const terms = PSPI_TERMS.map((names) =>
    Math.max(...names.map((name) => units[UNIT_NAMES.indexOf(name)])),
  );
  return terms.reduce((sum, term) => Math.fround(sum + term));
}

/**
 * Return the names of the action units whose sum is PSPI: of each term the higher one, the first if
 * both are equal.
 *
 * @param {Record<string, number>} units
 */
export function countedUnits(units) {
  return PSPI_TERMS.map((names) =>
    names.reduce((best, name) => (units[name] > units[best] ? name : best)),
  );
}

/**
 * Return PSPI of six action units by name.
 *
 * @param {Record<string, number>} units
 */
export function pspiOf(units) {
  return countedUnits(units).reduce((sum, name) => sum + units[name], 0);
}
