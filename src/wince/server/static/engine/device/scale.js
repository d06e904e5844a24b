// The scale of a model, PSPI unless model.json names another one. Mirrors src/wince/scale.py.

import { constants } from "./constants.js";

/**
 * What a score is on; `cuts` and `levels` are empty for a scale without levels.
 *
 * @typedef {{ name: string, low: number, high: number, unit: string, cuts: number[], levels: string[] }} ModelScale
 */

const { UNIT_NAMES, UNIT_MAXIMA, PSPI_TERMS, PSPI } = constants.scale;

export { UNIT_NAMES, UNIT_MAXIMA };

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
 * Return the levels that scores are sorted into; one empty name for a scale without levels.
 *
 * @param {ModelScale} scale
 */
export function levelsOf(scale) {
  return scale.levels.length ? scale.levels : [""];
}

/**
 * Return the level of a score.
 *
 * @param {number} score
 * @param {ModelScale} scale
 */
export function levelOf(score, scale) {
  return levelsOf(scale)[scale.cuts.filter((cut) => score >= cut).length];
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
