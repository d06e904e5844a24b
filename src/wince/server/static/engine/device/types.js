// Types of the engine that runs in the page itself. Nothing here runs.

/** @import { Box, Quad, Face as DetectedFace, Quality } from "../../types.js" */
/** @import { Face } from "./faces/face.js" */
/** @import { RgbImage } from "./rgb_image.js" */

/**
 * How an image becomes the square input of a model; `face` of model.json.
 *
 * @typedef {object} FaceSpec
 * @property {string} kind "aligned" for an upright crop of the face, or "whole" for the whole image.
 * @property {number} size Side of the square in pixels.
 * @property {number} side Side of the crop in units of the face's size.
 * @property {number} centre Position of the crop's centre on the line from the eyes (0) to the mouth
 *   (1).
 * @property {number[]} mean Per channel, from 0 to 1.
 * @property {number[]} std
 */

/**
 * The six numbers, row by row, of a map from a point (x, y) to another: a rotation with a scale and a
 * shift.
 *
 * @typedef {readonly [number, number, number, number, number, number]} Matrix
 */

/**
 * A decoded image, turned upright.
 *
 * @typedef {object} UprightImage
 * @property {RgbImage} rgb A large image is reduced.
 * @property {number} width Of the image at full size.
 * @property {number} height
 * @property {string[]} [warnings] Sentences about what of the file was not read.
 */

/**
 * Measures of one face.
 *
 * @typedef {object} Measures
 * @property {number} width Longer side of the box, in pixels of the upright image at full size.
 * @property {number} yaw Degrees, positive if the nose points to the image's right.
 * @property {number} contrast Range of luminance from the 5th to the 95th percentile, 0 to 255.
 * @property {number} light Mean luminance, 0 to 255.
 * @property {number} sharpness Ratio of fine detail to contrast.
 * @property {number} cut Share of the inner face outside the image, 0 to 1.
 * @property {number} score The detector's score, 0 to 1.
 * @property {Record<string, number>} covered Probability that "eyes" and "mouth" are covered.
 */

/**
 * Whether a face can be judged. Sentences are in English, as those of the server.
 *
 * @typedef {object} Judgement
 * @property {Record<string, string>} reasons Why it cannot be judged, sentence by code; {} if it can.
 * @property {Record<string, string>} warnings Sentences about limitations by code.
 * @property {Record<string, Record<string, number>>} values Numbers in a sentence by its code.
 */

/**
 * A face with whether it can be judged.
 *
 * @typedef {object} CheckedFace
 * @property {Face} face In pixels of the upright image, or of the camera's frame.
 * @property {Judgement} judgement
 */

/**
 * What scoring needs of an image.
 *
 * @typedef {object} FaceCrop
 * @property {RgbImage} pixels The network's input.
 * @property {Quad} quad Corners of the crop in pixels of the upright image.
 * @property {DetectedFace} face
 * @property {DetectedFace[]} faces All faces of the image, the largest first.
 * @property {Judgement} judgement
 * @property {Quality} quality
 */

/**
 * Weights and bias of a logistic regression.
 *
 * @typedef {{ weights: number[], bias: number }} Regression
 */

/**
 * Which part of a frame an image shows; `region` and `size` as of a FrameView.
 *
 * @typedef {object} FramePart
 * @property {Box} [region] The whole frame if left out.
 * @property {[number, number]} [size] That of the image if left out.
 */

export {};
