// Cut a face out of an image, upright and in a given size, by a similarity transform. Mirrors
// src/wince/faces/align.py.

/** @import { Box, Point } from "../../../types.js" */
/** @import { RgbImage } from "../rgb_image.js" */
/** @import { FaceSpec, Matrix } from "../types.js" */
/** @import { Face } from "./face.js" */

import { BILINEAR, reduce, resize, transformed } from "../rgb_image.js";
import { rounded } from "../rounding.js";
import { distance } from "./face.js";

/**
 * Return the model's view of a face, black where the crop extends beyond the image.
 *
 * @param {RgbImage} rgb
 * @param {Face} face A face in this image; not used by whole-image specs.
 * @param {FaceSpec} spec What the model expects.
 */
export function align(rgb, face, spec) {
  if (spec.kind === "whole") return resize(rgb, spec.size, spec.size, BILINEAR);
  const matrix = cropToImage(face, spec);
  return cutOut(rgb, matrix, spec.size, Math.trunc(scaleOf(matrix)));
}

/**
 * Return a square that lies anywhere in an image, at any scale and rotation; black beyond the image.
 *
 * @param {RgbImage} image
 * @param {Matrix} matrix From a point of the square to the image's pixels.
 * @param {number} size Side of the square in its own pixels.
 * @param {number} [block] Side of the blocks of pixels that are averaged before; the scale, rounded,
 *   if left out. At least 1 is used.
 */
export function cutOut(image, matrix, size, block = rounded(scaleOf(matrix), 0)) {
  block = Math.max(1, block);
  const box = sourceBox(matrix, size, block, image);
  const part = reduce(image, block, block, box);
  const [a, b, c, d, e, f] = matrix;
  const moved = [a, b, c - box[0], d, e, f - box[1]].map((value) => value / block);
  return transformed(part, moved, size);
}

/**
 * Return how many pixels of the image, along a side, become one pixel of a face's crop.
 *
 * @param {Face} face
 * @param {FaceSpec} spec
 */
export function pixelsPerCropPixel(face, spec) {
  return scaleOf(cropToImage(face, spec));
}

/** @param {Matrix} matrix */
function scaleOf(matrix) {
  return Math.hypot(matrix[0], matrix[3]);
}

/**
 * Return the part of the image that a square needs, in whole blocks of pixels, at least one pixel.
 *
 * @param {Matrix} matrix As for `cutOut`.
 * @param {number} size Side of the square in its own pixels.
 * @param {number} block Side of a block in pixels of the image.
 * @param {RgbImage} image
 * @returns {Box}
 */
function sourceBox(matrix, size, block, { width, height }) {
  /** @type {Point[]} */
  const square = [
    [0, 0],
    [size, 0],
    [0, size],
    [size, size],
  ];
  const corners = square.map((corner) => applied(matrix, corner));
  const [[left, right], [top, bottom]] = [width, height].map((limit, axis) => {
    const values = corners.map((corner) => corner[axis]);
    const low = Math.floor(Math.min(...values) / block) - 2;
    const high = Math.ceil(Math.max(...values) / block) + 2;
    const start = Math.max(0, Math.min(low, Math.floor((limit - 1) / block))) * block;
    return [start, Math.max(start + 1, Math.min(limit, high * block))];
  });
  return [left, top, right, bottom];
}

/**
 * Return the point to which a matrix maps a point.
 *
 * @param {Matrix} matrix
 * @param {Point} point
 * @returns {Point}
 */
export function applied([a, b, c, d, e, f], [x, y]) {
  return [a * x + b * y + c, d * x + e * y + f];
}

/**
 * Return the matrix from a point of the crop to the image's pixels.
 *
 * @param {Face} face
 * @param {FaceSpec} spec
 * @returns {Matrix}
 */
export function cropToImage(face, spec) {
  const [rightEye, leftEye, , mouth] = face.keypoints;
  const eyes = [(rightEye[0] + leftEye[0]) / 2, (rightEye[1] + leftEye[1]) / 2];
  const [x, y] = eyes.map((eye, axis) => eye + (mouth[axis] - eye) * spec.centre);
  // Turning the head shortens the distance between the eyes, but not that from eyes to mouth.
  const size = Math.max(distance(rightEye, leftEye), distance(mouth, eyes), 1);
  const pixel = (size * spec.side) / spec.size;
  const angle = (face.roll * Math.PI) / 180;
  const half = spec.size / 2;
  const cos = pixel * Math.cos(angle);
  const sin = pixel * Math.sin(angle);
  return [cos, -sin, x - (cos - sin) * half, sin, cos, y - (sin + cos) * half];
}
