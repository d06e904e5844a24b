// Whether the eyes or the mouth of a face are covered. Mirrors src/wince/runtime/occlusion.py, which
// describes the measure.

/** @import { Regression } from "../types.js" */

import { constants } from "../constants.js";

const { CELLS, ORIENTATIONS, PARTS } = constants.occlusion;
const COTANGENTS = Array.from({ length: ORIENTATIONS - 1 }, (_, index) => {
  const limit = (Math.PI * (index + 1)) / ORIENTATIONS;
  return Math.fround(Math.cos(limit) / Math.sin(limit));
});

/**
 * Return the probability that each of PARTS is covered, 0 to 1.
 *
 * @param {Float32Array} grey Luminance of the upright face, 0 to 255, row by row.
 * @param {number} size Side of the face in pixels, a multiple of CELLS.
 * @param {Record<string, Regression>} regressions By part; occlusion.json.
 * @returns {Record<string, number>}
 */
export function covered(grey, size, regressions) {
  const descriptor = features(grey, size);
  return Object.fromEntries(
    PARTS.map((part) => {
      const { weights, bias } = regressions[part];
      const sum = descriptor.reduce((total, value, index) => total + value * weights[index], 0);
      return [part, 1 / (1 + Math.exp(Math.min(Math.max(-sum - bias, -60), 60)))];
    }),
  );
}

/**
 * Return the histograms of oriented gradients of a face: square roots of the scaled sums.
 *
 * @param {Float32Array} grey
 * @param {number} size
 */
export function features(grey, size) {
  const sums = new Float64Array(CELLS * CELLS * ORIENTATIONS);
  const cell = size / CELLS;
  for (let y = 0; y < size; y += 1) {
    const above = Math.max(y - 1, 0) * size;
    const below = Math.min(y + 1, size - 1) * size;
    const stepY = y > 0 && y < size - 1 ? 2 : 1;
    const row = Math.floor(y / cell) * CELLS;
    for (let x = 0; x < size; x += 1) {
      const before = Math.max(x - 1, 0);
      const after = Math.min(x + 1, size - 1);
      const gradientX = (grey[y * size + after] - grey[y * size + before]) / (after - before);
      const gradientY = (grey[below + x] - grey[above + x]) / stepY;
      const bin = (row + Math.floor(x / cell)) * ORIENTATIONS + orientation(gradientX, gradientY);
      sums[bin] += Math.sqrt(gradientX * gradientX + gradientY * gradientY);
    }
  }
  const texture = Math.max(percentile(innerCells(sums), 75), 1e-3);
  return Float32Array.from(sums, (sum) => Math.sqrt(sum / texture));
}

/**
 * Return in which of the ORIENTATIONS equal parts of 0 to 180 degrees a gradient lies.
 *
 * @param {number} x
 * @param {number} y
 */
function orientation(x, y) {
  const upwardX = y < 0 ? -x : y === 0 ? Math.abs(x) : x;
  const upwardY = Math.abs(y);
  let part = 0;
  for (const cotangent of COTANGENTS) {
    if (upwardX <= Math.fround(upwardY * cotangent)) part += 1;
  }
  return part;
}

/**
 * Return the gradient strength of each cell that is not at the edge.
 *
 * @param {Float64Array} sums
 */
function innerCells(sums) {
  const strengths = [];
  for (let row = 1; row < CELLS - 1; row += 1) {
    for (let column = 1; column < CELLS - 1; column += 1) {
      const first = (row * CELLS + column) * ORIENTATIONS;
      let strength = 0;
      for (let part = 0; part < ORIENTATIONS; part += 1) strength += sums[first + part];
      strengths.push(strength);
    }
  }
  return Float64Array.from(strengths);
}

/**
 * Return a percentile, interpolated linearly.
 *
 * @param {Float64Array | Float32Array} values
 * @param {number} percent 0 to 100.
 */
export function percentile(values, percent) {
  const sorted = values.toSorted();
  const position = (percent / 100) * (sorted.length - 1);
  const lower = Math.floor(position);
  const upper = Math.min(lower + 1, sorted.length - 1);
  return sorted[lower] + (sorted[upper] - sorted[lower]) * (position - lower);
}
