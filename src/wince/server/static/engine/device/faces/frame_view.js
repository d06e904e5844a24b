// Which part of a camera's frame an image shows, and at which size. Mirrors
// src/wince/faces/frame_view.py.

/** @import { Box } from "../../../types.js" */
/** @import { FramePart, UprightImage } from "../types.js" */
/** @import { Face } from "./face.js" */

import { constants } from "../constants.js";

const { REDUCED, SIDE_TOLERANCE } = constants.frame_view;

export class FrameView {
  /**
   * @param {Box} region The part, in pixels of the frame.
   * @param {[number, number]} size Width and height of the frame in pixels.
   * @param {number} scale Pixels of the frame for each pixel of the image.
   * @param {boolean} isReduced Whether the image has fewer pixels than the region.
   */
  constructor(region, size, scale, isReduced = false) {
    this.region = region;
    this.size = size;
    this.scale = scale;
    this.isReduced = isReduced;
  }

  /**
   * Return the view of an image.
   *
   * @param {UprightImage} image
   * @param {FramePart} [part] A whole frame at full size if left out.
   */
  static of(image, part = {}) {
    const { size = /** @type {[number, number]} */ ([image.width, image.height]) } = part;
    const { region = /** @type {Box} */ ([0, 0, size[0], size[1]]) } = part;
    const [width, height] = [region[2] - region[0], region[3] - region[1]];
    const ratio = Math.max(width, height) / Math.max(image.width, image.height);
    return new FrameView(region, size, width / image.rgb.width, ratio >= REDUCED);
  }

  /** Whether the image shows the whole frame. */
  get isWhole() {
    const frame = [0, 0, ...this.size];
    return this.region.every((edge, index) => Math.abs(edge - frame[index]) <= SIDE_TOLERANCE);
  }

  /**
   * Return a face of the image in pixels of the frame.
   *
   * @param {Face} face
   */
  toFrame(face) {
    return face.scaled(this.scale).moved(this.region[0], this.region[1]);
  }

  /**
   * Return a face of the frame in pixels of the image.
   *
   * @param {Face} face
   */
  toImage(face) {
    return face.moved(-this.region[0], -this.region[1]).scaled(1 / this.scale);
  }

  /**
   * Return whether no part of the box of a face of the frame is outside the region alone. What is
   * outside the frame too is in no image.
   *
   * @param {Face} face
   */
  contains({ box }) {
    if (this.isWhole) return true;
    const [x0, y0, x1, y1] = box.map((value, index) =>
      Math.min(Math.max(value, 0), this.size[index % 2]),
    );
    const [left, top, right, bottom] = this.region;
    return x0 >= left && y0 >= top && x1 <= right && y1 <= bottom;
  }

  /**
   * Return whether the centre of the box of a face of the frame is in the region.
   *
   * @param {Face} face
   */
  overlaps({ centre: [x, y] }) {
    const [left, top, right, bottom] = this.region;
    return this.isWhole || (left <= x && x <= right && top <= y && y <= bottom);
  }
}
