// The colours of a face, to notice that another person is in the place of one who was away. Mirrors
// src/wince/faces/face_colours.py.

/** @import { Face } from "./face.js" */
/** @import { RgbImage } from "../rgb_image.js" */

import { constants } from "../constants.js";
import { BOX, cropped, resize } from "../rgb_image.js";

const { SIDE, BINS, MEAN } = constants.face_colours;

/**
 * @typedef {object} FaceColours
 * @property {Float64Array} shares A histogram that sums to 1.
 * @property {boolean} isWhole Whether the face is inside the image, so that all of it was counted.
 */

/**
 * Return the colours in the box of a face, relative to their mean brightness.
 *
 * @param {RgbImage} rgb
 * @param {Face} face A face of the image.
 * @returns {FaceColours}
 */
export function measureColours(rgb, face) {
  const { width, height } = rgb;
  const [x0, y0, x1, y1] = face.box;
  const left = Math.trunc(Math.min(Math.max(x0, 0), width - 1));
  const top = Math.trunc(Math.min(Math.max(y0, 0), height - 1));
  const right = Math.max(Math.ceil(Math.min(x1, width)), left + 1);
  const bottom = Math.max(Math.ceil(Math.min(y1, height)), top + 1);
  const { data } = resize(cropped(rgb, [left, top, right, bottom]), SIDE, SIDE, BOX);
  let sum = 0;
  for (const value of data) sum += value;
  const brightness = MEAN / Math.max(sum / data.length, 1);
  const shares = new Float64Array(BINS ** 3);
  /** @param {number} value */
  const binOf = (value) => Math.trunc(Math.min(value * brightness * (BINS / 256), BINS - 1));
  for (let from = 0; from < data.length; from += 3) {
    const [red, green, blue] = [data[from], data[from + 1], data[from + 2]].map(binOf);
    shares[(red * BINS + green) * BINS + blue] += 1 / SIDE ** 2;
  }
  return { shares, isWhole: x0 >= 0 && y0 >= 0 && x1 <= width && y1 <= height };
}

/**
 * Return the Hellinger distance of two histograms: 0 if they are equal, 1 if all differs.
 *
 * @param {FaceColours} first
 * @param {FaceColours} second
 */
export function colourDistance(first, second) {
  let overlap = 0;
  first.shares.forEach((share, bin) => {
    overlap += Math.sqrt(share * second.shares[bin]);
  });
  return Math.sqrt(Math.max(0, 1 - overlap));
}
