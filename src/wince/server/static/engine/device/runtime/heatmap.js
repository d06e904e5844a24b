// Where in the face a score comes from. Mirrors src/wince/runtime/heatmap.py, which explains it.

/** @import { Grid, Heatmap, Point, Quad } from "../../../types.js" */
/** @import { Face } from "../faces/face.js" */
/** @import { FaceSpec } from "../types.js" */
/** @import { Estimate } from "./estimator.js" */
/** @import { ModelScale } from "../scale.js" */

import { constants } from "../constants.js";
import { applied, cropToImage } from "../faces/align.js";
import { rounded, roundedAll } from "../rounding.js";
import { RAW_MAXIMUM, UNIT_NAMES, countedUnits, isPspi } from "../scale.js";

/**
 * Return the maps of a crop, placed on the image.
 *
 * @param {Estimate} estimate
 * @param {Quad} quad Corners of the crop in the upright image.
 * @param {ModelScale} scale
 * @returns {Heatmap & { counted: string[] | null }}
 */
export function placeMaps({ units, maps, grid: [rows, columns] }, quad, scale) {
  const cells = rows * columns;
  /** @param {ArrayLike<number>} values */
  const toGrid = (values) =>
    Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => rounded(values[row * columns + column], 4)),
    );
  const note = constants.assessment.HEATMAP_NOTE;
  /** @param {Grid} score */
  const scores = (score) => ({ pspi: isPspi(scale) ? score : null, score });
  if (units === null) {
    const points = [...maps].map((value) => (value * (scale.high - scale.low)) / RAW_MAXIMUM);
    return { quad, ...scores(toGrid(points)), action_units: null, counted: null, note };
  }
  const mapOf = Object.fromEntries(
    UNIT_NAMES.map((name, index) => [name, maps.subarray(index * cells, (index + 1) * cells)]),
  );
  const counted = countedUnits(Object.fromEntries(UNIT_NAMES.map((name, i) => [name, units[i]])));
  const total = Array.from({ length: cells }, (_, cell) =>
    counted.reduce((sum, name) => sum + mapOf[name][cell], 0),
  );
  /** @type {Record<string, Grid>} */
  const grids = Object.fromEntries(UNIT_NAMES.map((name) => [name, toGrid(mapOf[name])]));
  return { quad, ...scores(toGrid(total)), action_units: grids, counted, note };
}

/**
 * Return the corners of a face crop, in pixels of the upright image at full size.
 *
 * @param {Face} face In the same pixels; not used by whole-image specs.
 * @param {FaceSpec} spec How the crop is cut.
 * @param {readonly [number, number]} size Width and height of the image, in the same pixels.
 */
export function cropCorners(face, spec, [width, height]) {
  const [right, bottom] = spec.kind === "whole" ? [width, height] : [spec.size, spec.size];
  /** @type {Quad} */
  const corners = [
    [0, 0],
    [right, 0],
    [right, bottom],
    [0, bottom],
  ];
  const placed =
    spec.kind === "whole"
      ? corners
      : corners.map((corner) => applied(cropToImage(face, spec), corner));
  return /** @type {Quad} */ (placed.map((point) => /** @type {Point} */ (roundedAll(point, 1))));
}
