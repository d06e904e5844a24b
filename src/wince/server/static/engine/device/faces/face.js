// A face in an image: its box, its key points, and how the head is turned. Mirrors
// src/wince/faces/face.py.

/** @import { Box, Point } from "../../../types.js" */

import { constants } from "../constants.js";

const { NOSE_DEPTH, NOSE_HEIGHT, NOSE_REACH } = constants.face;
const DEGREES = 180 / Math.PI;

export class Face {
  /**
   * @param {Box} box In pixels of the image; it may extend beyond the image.
   * @param {Point[]} keypoints Six, in the order of KEYPOINTS.
   * @param {number} score The detector's score, 0 to 1.
   */
  constructor(box, keypoints, score) {
    this.box = box;
    this.keypoints = keypoints;
    this.score = score;
  }

  /** Longer side of the box in pixels. */
  get size() {
    const [x0, y0, x1, y1] = this.box;
    return Math.max(x1 - x0, y1 - y0);
  }

  /**
   * Centre x and y of the box in pixels.
   *
   * @returns {Point}
   */
  get centre() {
    const [x0, y0, x1, y1] = this.box;
    return [(x0 + x1) / 2, (y0 + y1) / 2];
  }

  /** Degrees by which the head is tilted in the image, clockwise positive. */
  get roll() {
    const [[rightX, rightY], [leftX, leftY]] = this.keypoints;
    return Math.atan2(leftY - rightY, leftX - rightX) * DEGREES;
  }

  /** Degrees by which the head is turned, positive if the nose points to the image's right. */
  get yaw() {
    const [, , nose, , rightEar, leftEar] = this.#pointsAlongEyes();
    const halfEars = Math.max(distance(leftEar, rightEar) / 2, 1e-6);
    const noseOffset = nose[0] - (rightEar[0] + leftEar[0]) / 2;
    return Math.atan(noseOffset / halfEars / NOSE_DEPTH) * DEGREES;
  }

  /** Degrees by which the head is raised, positive if the nose points up. */
  get pitch() {
    const [rightEye, leftEye, nose, mouth, rightEar, leftEar] = this.#pointsAlongEyes();
    const length = Math.max(mouth[1] - (rightEye[1] + leftEye[1]) / 2, 1e-6);
    const height = (nose[1] - (rightEar[1] + leftEar[1]) / 2) / length;
    return Math.atan((NOSE_HEIGHT - height) / NOSE_REACH) * DEGREES;
  }

  /** Return the key points, rotated so that the line of the eyes is the x axis. */
  #pointsAlongEyes() {
    const [right, left] = this.keypoints;
    const [x, y] = [left[0] - right[0], left[1] - right[1]];
    const length = Math.max(Math.hypot(x, y), 1e-6);
    return this.keypoints.map(([pointX, pointY]) => [
      (pointX * x + pointY * y) / length,
      (pointY * x - pointX * y) / length,
    ]);
  }

  /**
   * Return the same face moved to the right and down.
   *
   * @param {number} dx
   * @param {number} dy
   */
  moved(dx, dy) {
    const [x0, y0, x1, y1] = this.box;
    return new Face(
      [x0 + dx, y0 + dy, x1 + dx, y1 + dy],
      this.keypoints.map(([x, y]) => [x + dx, y + dy]),
      this.score,
    );
  }

  /**
   * Return the same face in an image that is `factor` times as large.
   *
   * @param {number} factor
   */
  scaled(factor) {
    const [x0, y0, x1, y1] = this.box;
    return new Face(
      [x0 * factor, y0 * factor, x1 * factor, y1 * factor],
      this.keypoints.map(([x, y]) => [x * factor, y * factor]),
      this.score,
    );
  }
}

/**
 * @param {number[]} point
 * @param {number[]} other
 */
export function distance(point, other) {
  return Math.hypot(point[0] - other[0], point[1] - other[1]);
}
