// The neutral face of a person, and the change of another expression against it. Mirrors
// src/wince/runtime/neutral.py, which explains it.

/** @import { Change, ModelName, NeutralFace } from "../../../types.js" */
/** @import { ModelScale } from "../scale.js" */

import { rounded } from "../rounding.js";
import { RAW_MAXIMUM, UNIT_NAMES, isPspi, pspiOf, roundedScore } from "../scale.js";

/** @typedef {Record<string, number> | null} ActionUnits */

/**
 * Return the neutral face from the scores of images of one person at rest.
 *
 * @param {{ action_units: ActionUnits, raw_score: number }[]} scores One or more.
 * @param {ModelName} model
 * @returns {NeutralFace}
 */
export function medianFace(scores, model) {
  const known = scores.map(({ action_units: units }) => units).filter((units) => units !== null);
  const images = scores.length;
  if (known.length < images) {
    const raw = median(scores.map(({ raw_score: score }) => score));
    return { action_units: null, raw_score: rounded(raw, 3), images, model: { ...model } };
  }
  const medians = Object.fromEntries(
    UNIT_NAMES.map((name) => [name, rounded(median(known.map((units) => units[name])), 3)]),
  );
  const raw = rounded(pspiOf(medians), 3);
  return { action_units: medians, raw_score: raw, images, model: { ...model } };
}

/**
 * Return the change of an expression against a neutral face of the same person.
 *
 * @param {ActionUnits} units
 * @param {number} raw
 * @param {NeutralFace} neutral
 * @param {ModelScale} scale
 * @returns {Change & { action_units: ActionUnits }}
 */
export function changeOf(units, raw, neutral, scale) {
  const atRest = neutral.action_units;
  const differences =
    units && atRest
      ? Object.fromEntries(UNIT_NAMES.map((name) => [name, rounded(units[name] - atRest[name], 3)]))
      : null;
  const rawPoints = Math.max(raw - neutral.raw_score, 0);
  const score = roundedScore((rawPoints * (scale.high - scale.low)) / RAW_MAXIMUM, scale);
  return { pspi: isPspi(scale) ? score : null, score, action_units: differences, neutral };
}

/**
 * Whether a score is of an expression of pain, and so cannot be that of a neutral face.
 *
 * @param {number} score
 * @param {ModelScale} scale
 */
export function isExpressive(score, scale) {
  return scale.cuts.length > 0 && score >= scale.cuts[0];
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
