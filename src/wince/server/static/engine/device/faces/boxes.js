// Arithmetic of boxes (x0, y0, x1, y1) in pixels. Mirrors src/wince/faces/boxes.py.

/** @import { Box } from "../../../types.js" */

import { constants } from "../constants.js";

const { MIN_OVERLAP } = constants.boxes;

/**
 * Return the intersection over union of two boxes, 0 to 1.
 *
 * @param {Box} box
 * @param {Box} other
 */
export function iou(box, other) {
  const width = Math.min(box[2], other[2]) - Math.max(box[0], other[0]);
  const height = Math.min(box[3], other[3]) - Math.max(box[1], other[1]);
  const intersection = Math.max(width, 0) * Math.max(height, 0);
  return intersection / Math.max(area(box) + area(other) - intersection, 1e-12);
}

/** @param {Box} box */
function area([x0, y0, x1, y1]) {
  return (x1 - x0) * (y1 - y0);
}

/**
 * Return groups of indices, each of the best remaining box and all that overlap it, by falling score
 * of their first, best box.
 *
 * @param {Box[]} boxes
 * @param {number[]} scores
 */
export function overlappingGroups(boxes, scores) {
  let remaining = [...scores.keys()].sort((first, second) => scores[second] - scores[first]);
  const groups = [];
  while (remaining.length) {
    const [best] = remaining;
    /** @param {number} index */
    const isPart = (index) => index === best || iou(boxes[best], boxes[index]) > MIN_OVERLAP;
    groups.push(remaining.filter(isPart));
    remaining = remaining.filter((index) => !isPart(index));
  }
  return groups;
}
