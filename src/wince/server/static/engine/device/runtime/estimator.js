// The ONNX network: face crops in, action units and their activation maps out. Mirrors
// src/wince/runtime/estimator.py.

/** @import { CalibrationData } from "./calibration.js" */
/** @import { Head } from "./network_outputs.js" */
/** @import { ModelScale } from "../scale.js" */

import { OUTPUT_COUNTS, unitsAndScore } from "./network_outputs.js";

/**
 * What a network gives for one crop.
 *
 * @typedef {object} Estimate
 * @property {Float32Array | null} units Intensities in the order of UNIT_NAMES, clipped.
 * @property {number} raw Raw score, 0 to 16.
 * @property {Float32Array} maps K grids of h x w cells, one after the other, without the bias.
 * @property {[number, number]} grid Rows and columns of a grid.
 *
 * A tensor of a network's output.
 *
 * @typedef {{ data: Float32Array, dims: readonly number[] }} Tensor
 */

/**
 * Return the estimates of the outputs of a network, clipped to the scale.
 *
 * @param {Tensor} scores N x K.
 * @param {Tensor} maps N x K x h x w.
 * @param {Head} head
 * @returns {Estimate[]}
 * @throws {Error} The outputs have other shapes, or are not finite.
 */
export function interpret(scores, maps, head) {
  const [count, outputs, rows, columns] = maps.dims;
  if (`${[count, OUTPUT_COUNTS[head]]}` !== `${scores.dims}` || outputs !== OUTPUT_COUNTS[head]) {
    throw new Error(`The model gives scores ${scores.dims} and maps ${maps.dims}.`);
  }
  if (![...scores.data, ...maps.data].every(Number.isFinite)) {
    throw new Error("The model gives outputs that are not finite numbers, so there is no score.");
  }
  const cells = outputs * rows * columns;
  return Array.from({ length: count }, (_, index) => ({
    ...unitsAndScore(scores.data.slice(index * outputs, (index + 1) * outputs), head),
    maps: maps.data.slice(index * cells, (index + 1) * cells),
    grid: [rows, columns],
  }));
}
