// The ONNX network: face crops in, action units and their activation maps out. Mirrors
// src/wince/runtime/estimator.py.

/** @import { ModelName } from "../../../types.js" */
/** @import { Session } from "../onnx_session.js" */
/** @import { RgbImage } from "../rgb_image.js" */
/** @import { ModelScale } from "../scale.js" */
/** @import { FaceSpec } from "../types.js" */
/** @import { CalibrationData } from "./calibration.js" */
/** @import { Head } from "./network_outputs.js" */

import { scaleOf } from "../scale.js";
import { Calibration } from "./calibration.js";
import { OUTPUT_COUNTS, unitsAndScore } from "./network_outputs.js";

/**
 * What the engine reads of model.json.
 *
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {string} sha256
 * @property {Head} head
 * @property {FaceSpec} face_spec
 * @property {CalibrationData} calibration
 * @property {ModelScale} [scale]
 * @property {{ name: string }[]} inputs
 * @property {{ name: string }[]} outputs
 *
 * What a network gives for one crop.
 *
 * @typedef {object} Estimate
 * @property {Float32Array | null} units Intensities in the order of UNIT_NAMES, clipped.
 * @property {number} raw Raw score, 0 to 16.
 * @property {Float32Array} maps K grids of h x w cells, one after the other, without the bias.
 * @property {[number, number]} grid Rows and columns of a grid.
 *
 * Values of a network's output.
 *
 * @typedef {{ data: Float32Array, dims: readonly number[] }} Tensor
 */

/** A loaded model. */
export class Estimator {
  /**
   * @param {Session} session Of the model's file.
   * @param {Manifest} manifest
   */
  constructor(session, manifest) {
    this.session = session;
    this.manifest = manifest;
    this.spec = manifest.face_spec;
    this.scale = scaleOf(manifest.scale);
    this.calibration = new Calibration(manifest.calibration, this.scale);
    /** @type {ModelName} */
    this.model = { name: manifest.name, version: manifest.version };
  }

  /**
   * Return the estimates of crops, with one call of the network.
   *
   * @param {RgbImage[]} crops Cut by the spec; one or more.
   */
  async estimate(crops) {
    const { size } = this.spec;
    const data = new Uint8Array(crops.length * size * size * 3);
    crops.forEach((crop, index) => data.set(crop.data, index * size * size * 3));
    const { inputs, outputs, head } = this.manifest;
    const results = await this.session.run({
      [inputs[0].name]: { data, dims: [crops.length, size, size, 3] },
    });
    return interpret(results[outputs[0].name], results[outputs[1].name], head);
  }
}

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
  if (!scores.data.every(Number.isFinite) || !maps.data.every(Number.isFinite)) {
    throw new Error("The model gives outputs that are not finite numbers, so there is no score.");
  }
  const cells = outputs * rows * columns;
  return Array.from({ length: count }, (_, index) => ({
    ...unitsAndScore(scores.data.slice(index * outputs, (index + 1) * outputs), head),
    maps: maps.data.slice(index * cells, (index + 1) * cells),
    grid: [rows, columns],
  }));
}
