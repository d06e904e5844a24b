// From the outputs of a network to action units and score, clipped to the scale. Mirrors
// src/wince/runtime/network_outputs.py.

import { constants } from "../constants.js";
import { UNIT_MAXIMA, pspiOf32Bits } from "../scale.js";

const { RAW_MAXIMUM } = constants.scale;

/** Number of outputs by what they are. */
export const OUTPUT_COUNTS = constants.network_outputs.OUTPUT_COUNTS;

/** @typedef {"pspi" | "score" | "action-units"} Head What a network gives. */

/**
 * Return action units, or null, and the raw score of one crop, clipped.
 *
 * @param {Float32Array} outputs Of the crop, as many as OUTPUT_COUNTS says.
 * @param {Head} head
 * @returns {{ units: Float32Array | null, raw: number }}
 */
export function unitsAndScore(outputs, head) {
  if (head !== "action-units") return { units: null, raw: clipped(outputs[0], RAW_MAXIMUM) };
  const units = outputs.map((value, index) => clipped(value, UNIT_MAXIMA[index]));
  return { units, raw: pspiOf32Bits(units) };
}

/**
 * @param {number} value
 * @param {number} maximum
 */
function clipped(value, maximum) {
  return Math.min(Math.max(value, 0), maximum);
}
