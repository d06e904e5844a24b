// MediaPipe's short-range BlazeFace detector. Mirrors src/wince/faces/network.py, which describes it.

/** @import { Box, Point } from "../../../types.js" */
/** @import { Session } from "../onnx_session.js" */
/** @import { RgbImage } from "../rgb_image.js" */

import { constants } from "../constants.js";
import { overlappingGroups } from "./boxes.js";
import { Face } from "./face.js";

const { MIN_SCORE } = constants.faces;
const { CELL } = constants.network;
const VALUES = 16; // of an anchor: box centre, box size, six key points
const INPUTS = Float32Array.from({ length: 256 }, (_, pixel) =>
  Math.fround(Math.fround(pixel * Math.fround(2 / 255)) - 1),
);

/**
 * Return the faces that the network finds in an image at its own resolution, by falling score.
 *
 * @callback FindCandidates
 * @param {RgbImage} pixels On the right and at the bottom it is filled up with black to whole cells.
 * @param {number} minScore Minimum score, above 0 and below 1.
 * @returns {Promise<Face[]>}
 */

/**
 * Return the detector of a session of face_detector.onnx.
 *
 * @param {Session} session
 * @returns {FindCandidates}
 */
export function createDetector(session) {
  return async (pixels, minScore) => {
    const [height, width] = [pixels.height, pixels.width].map(
      (side) => Math.ceil(side / CELL) * CELL,
    );
    const input = { data: inputData(pixels, width, height), dims: [1, height, width, 3] };
    const { regressors, classificators } = await session.run({ input });
    return facesOf(regressors.data, classificators.data, width, height, minScore);
  };
}

/**
 * @param {RgbImage} pixels
 * @param {number} width
 * @param {number} height
 */
function inputData(pixels, width, height) {
  const data = new Float32Array(width * height * 3).fill(-1);
  const stride = pixels.width * 3;
  for (let row = 0; row < pixels.height; row += 1) {
    const from = row * stride;
    const to = row * width * 3;
    for (let byte = 0; byte < stride; byte += 1) data[to + byte] = INPUTS[pixels.data[from + byte]];
  }
  return data;
}

/**
 * @param {Float32Array} regressors VALUES for each anchor.
 * @param {Float32Array} logits One for each anchor.
 * @param {number} width
 * @param {number} height
 * @param {number} minScore
 */
function facesOf(regressors, logits, width, height, minScore) {
  const threshold = Math.fround(Math.log(minScore / (1 - minScore)));
  /** @type {number[]} */
  const scores = [];
  /** @type {Box[]} */
  const boxes = [];
  /** @type {number[][]} */
  const points = [];
  for (let index = 0; index < logits.length; index += 1) {
    if (!(logits[index] > threshold)) continue;
    const anchor = anchorCentre(index, width, height);
    const values = regressors.subarray(index * VALUES, (index + 1) * VALUES);
    scores.push(1 / (1 + Math.exp(-logits[index])));
    boxes.push(anchorBox(values, anchor));
    points.push(Array.from(values.subarray(4), (value, place) => value + anchor[place % 2]));
  }
  return overlappingGroups(boxes, scores).map((group) => averageFace(group, scores, boxes, points));
}

/**
 * @param {Float32Array} values
 * @param {Point} anchor
 * @returns {Box}
 */
function anchorBox([dx, dy, width, height], [anchorX, anchorY]) {
  const [x, y] = [dx + anchorX, dy + anchorY];
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

/**
 * Return the mean of overlapping boxes, weighted by their scores.
 *
 * @param {number[]} group Indices, that of the best one first.
 * @param {number[]} scores
 * @param {Box[]} boxes
 * @param {number[][]} points
 */
function averageFace(group, scores, boxes, points) {
  const best = scores[group[0]];
  // Worse boxes are less accurate.
  const members = group.filter((index) => scores[index] >= Math.min(best, MIN_SCORE));
  const total = members.reduce((sum, index) => sum + scores[index], 0);
  /** @param {number[][]} rows */
  const mean = (rows) =>
    rows[members[0]].map((_, place) =>
      members.reduce((sum, index) => sum + (scores[index] / total) * rows[index][place], 0),
    );
  const flat = mean(points);
  const keypoints = Array.from({ length: flat.length / 2 }, (_, place) => {
    return /** @type {Point} */ (flat.slice(2 * place, 2 * place + 2));
  });
  return new Face(/** @type {Box} */ (mean(boxes)), keypoints, best);
}

/**
 * Return the centre of an anchor: two per cell at stride 8, six at stride 16.
 *
 * @param {number} index
 * @param {number} width
 * @param {number} height
 * @returns {Point}
 */
function anchorCentre(index, width, height) {
  const fine = (width / 8) * (height / 8) * 2;
  const [stride, cell] =
    index < fine ? [8, Math.floor(index / 2)] : [16, Math.floor((index - fine) / 6)];
  const columns = width / stride;
  return [((cell % columns) + 0.5) * stride, (Math.floor(cell / columns) + 0.5) * stride];
}
