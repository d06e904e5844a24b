// Find faces in one view of the network: a whole image, or the upright surroundings of a face.
// Mirrors src/wince/faces/network_views.py.

/** @import { Box, Point } from "../../../types.js" */
/** @import { RgbImage } from "../rgb_image.js" */
/** @import { Matrix } from "../types.js" */
/** @import { FindCandidates } from "./network.js" */

import { constants } from "../constants.js";
import { BILINEAR, reduce, resize } from "../rgb_image.js";
import { rounded } from "../rounding.js";
import { applied, cutOut } from "./align.js";
import { Face } from "./face.js";

const { INPUT_SIDE } = constants.network;

/**
 * An image in full size and reduced, so that large parts of it are shown in less time.
 *
 * @typedef {object} ImagePyramid
 * @property {RgbImage} full
 * @property {RgbImage} reduced The image with blocks of `factor` x `factor` pixels averaged.
 * @property {number} factor 1 or more.
 */

/**
 * Return the pyramid of an image.
 *
 * @param {RgbImage} image
 * @param {number} factor
 * @returns {ImagePyramid}
 */
export function pyramidOf(image, factor = 1) {
  return { full: image, reduced: factor > 1 ? reduce(image, factor) : image, factor };
}

/**
 * Return the image that has at least one pixel for `scale` pixels, and its factor.
 *
 * @param {ImagePyramid} pyramid
 * @param {number} scale
 * @returns {[RgbImage, number]}
 */
function imageAt({ full, reduced, factor }, scale) {
  return scale >= factor ? [reduced, factor] : [full, 1];
}

/**
 * Return the faces found in an image that is resized to a long side, in pixels of the full image.
 *
 * @param {FindCandidates} candidates
 * @param {ImagePyramid} pyramid
 * @param {number} longSide Longer side of what the network is shown, in pixels.
 * @param {number} minScore
 */
export async function findInImage(candidates, pyramid, longSide, minScore) {
  const { width, height } = pyramid.full;
  const scale = Math.max(width, height) / longSide;
  const [image, factor] = imageAt(pyramid, scale);
  const [newWidth, newHeight] = [width, height].map((side) =>
    Math.max(1, rounded(side / scale, 0)),
  );
  /** @type {Box} The last blocks may be partial. */
  const box = [0, 0, width / factor, height / factor];
  const resized = resize(image, newWidth, newHeight, BILINEAR, { box, reducingGap: 2 });
  return (await candidates(resized, minScore)).map((face) => face.scaled(scale));
}

/** A rotated square of an image. */
export class Region {
  /**
   * @param {Point} centre In pixels of the image.
   * @param {number} side
   * @param {number} roll Degrees by which it is rotated, clockwise positive.
   */
  constructor(centre, side, roll) {
    this.centre = centre;
    this.side = side;
    this.roll = roll;
  }

  /**
   * Return the square around a face, `margin` times as large as its box.
   *
   * @param {Face} face
   * @param {number} margin
   * @param {number} roll
   */
  static around(face, margin, roll) {
    return new Region(face.centre, face.size * margin, roll);
  }

  /**
   * Return the faces found in this square, in pixels of the image, which is black beyond its edges.
   *
   * @param {FindCandidates} candidates
   * @param {ImagePyramid} pyramid
   * @param {number} minScore
   */
  async findFaces(candidates, pyramid, minScore) {
    const view = this.#cutOutView(pyramid, INPUT_SIDE);
    const faces = await candidates(view.pixels, minScore);
    return faces.map((face) => inImage(face, view.matrix));
  }

  /**
   * Return the faces found in this square and in its rotations by right angles.
   *
   * All four are shown to the network at once, at half the resolution. A face counts if its centre is
   * near that of the square.
   *
   * @param {FindCandidates} candidates
   * @param {ImagePyramid} pyramid
   * @param {number} minScore
   */
  async findFacesAtRightAngles(candidates, pyramid, minScore) {
    const half = INPUT_SIDE / 2;
    const view = this.#cutOutView(pyramid, half);
    const found = [];
    for (const face of await candidates(mosaic(view.pixels), minScore)) {
      const [x, y] = face.centre;
      const [column, row] = [Number(x >= half), Number(y >= half)];
      const centred = face.moved(-column * half - half / 2, -row * half - half / 2);
      const [offsetX, offsetY] = [x, y].map((value) => Math.abs(remainder(value, half) - half / 2));
      if (Math.max(offsetX, offsetY) < half / 4) {
        const upright = turned(centred, 2 * row + column).moved(half / 2, half / 2);
        found.push(inImage(upright, view.matrix));
      }
    }
    return found;
  }

  /**
   * Return the square at a resolution of `size` x `size` pixels, and the map from its points to the
   * image's pixels.
   *
   * @param {ImagePyramid} pyramid
   * @param {number} size
   * @returns {{ pixels: RgbImage, matrix: Matrix }}
   */
  #cutOutView(pyramid, size) {
    const radians = (this.roll * Math.PI) / 180;
    const cos = (Math.cos(radians) * this.side) / size;
    const sin = (Math.sin(radians) * this.side) / size;
    const [x, y] = this.centre;
    const half = size / 2;
    /** @type {Matrix} */
    const matrix = [cos, -sin, x - (cos - sin) * half, sin, cos, y - (sin + cos) * half];
    const [level, factor] = imageAt(pyramid, this.side / size);
    const [a, b, c, d, e, f] = matrix.map((value) => value / factor);
    return { pixels: cutOut(level, [a, b, c, d, e, f], size), matrix };
  }
}

/**
 * Return a face of a view in pixels of the image; its box stays upright.
 *
 * @param {Face} face
 * @param {Matrix} matrix
 */
function inImage(face, matrix) {
  const [x0, y0, x1, y1] = face.box;
  const [x, y] = applied(matrix, face.centre);
  const scale = Math.hypot(matrix[0], matrix[1]);
  const [width, height] = [((x1 - x0) * scale) / 2, ((y1 - y0) * scale) / 2];
  return new Face(
    [x - width, y - height, x + width, y + height],
    face.keypoints.map((point) => applied(matrix, point)),
    face.score,
  );
}

/**
 * Return a face rotated clockwise about the origin by a number of right angles.
 *
 * @param {Face} face
 * @param {number} turns
 */
function turned({ box: [x0, y0, x1, y1], keypoints, score }, turns) {
  for (let turn = 0; turn < turns; turn += 1) {
    [x0, y0, x1, y1] = [-y1, x0, -y0, x1];
    keypoints = keypoints.map(([x, y]) => [-y, x]);
  }
  return new Face([x0, y0, x1, y1], keypoints, score);
}

/**
 * Return a square image beside its rotations by right angles, counterclockwise: two above two.
 *
 * @param {RgbImage} square
 * @returns {RgbImage}
 */
function mosaic({ width: size, data: source }) {
  const side = 2 * size;
  const last = size - 1;
  const data = new Uint8Array(side * side * 3);
  for (let to = 0, row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1, to += 3) {
      const [x, y] = [column % size, row % size];
      const turn = 2 * Number(row >= size) + Number(column >= size);
      const fromX = turn === 0 ? x : turn === 1 ? last - y : turn === 2 ? last - x : y;
      const fromY = turn === 0 ? y : turn === 1 ? x : turn === 2 ? last - y : last - x;
      const from = (fromY * size + fromX) * 3;
      data[to] = source[from];
      data[to + 1] = source[from + 1];
      data[to + 2] = source[from + 2];
    }
  }
  return { width: side, height: side, data };
}

/**
 * Return the remainder of a division, not below 0.
 *
 * @param {number} value
 * @param {number} divisor
 */
export function remainder(value, divisor) {
  return ((value % divisor) + divisor) % divisor;
}
