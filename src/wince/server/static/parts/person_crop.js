// The crop of the followed person: the image is enlarged around the face, and follows it calmly.

/** @import { Box, Size } from "../types.js" */

const REACH = 1.2; // half the crop's shorter side, in sizes of the face
const DRIFT = 0.25; // sizes of the face by which it may move before the crop follows
const GROWTH = 1.25; // factor by which it may grow or shrink before the crop follows

/**
 * @typedef {{ x: number, y: number, side: number, size: Size }} Place Middle and longer side of a
 *   face, and size of the frame, in pixels.
 */

/**
 * Return a function that enlarges an element, which shows the whole frame, around a face. Nothing else
 * on the page moves.
 *
 * @param {HTMLElement} view
 */
export function createPersonCrop(view) {
  /** @type {Place | null} */
  let kept = null;
  let drawn = "";
  /**
   * @param {boolean} isOn Whether to show the person, not the whole frame.
   * @param {{ box: Box, size: Size, isMirrored: boolean } | null} face Null if it is not found at the
   *   moment: the crop stays.
   * @returns {boolean} Whether the person is shown.
   */
  return (isOn, face) => {
    const place = face && placeOf(face.box, face.size, face.isMirrored);
    if (place && (!kept || hasMoved(kept, place))) kept = place;
    if (!isOn) kept = null;
    const transform = kept ? enlargement(kept) : "";
    if (transform !== drawn) view.style.transform = transform;
    drawn = transform;
    return kept !== null;
  };
}

/**
 * @param {Box} box
 * @param {Size} size
 * @param {boolean} isMirrored
 * @returns {Place}
 */
function placeOf([x0, y0, x1, y1], size, isMirrored) {
  const x = (x0 + x1) / 2;
  return {
    x: isMirrored ? size.width - x : x,
    y: (y0 + y1) / 2,
    side: Math.max(x1 - x0, y1 - y0),
    size,
  };
}

/**
 * @param {Place} kept
 * @param {Place} place
 */
function hasMoved(kept, { x, y, side, size }) {
  if (size.width !== kept.size.width || size.height !== kept.size.height) return true;
  const drift = Math.hypot(x - kept.x, y - kept.y);
  const growth = Math.max(side / kept.side, kept.side / side);
  return drift > DRIFT * kept.side || growth > GROWTH;
}

/**
 * Return the CSS transform that brings a face to the middle, as far as the frame reaches.
 *
 * @param {Place} place
 */
export function enlargement({ x, y, side, size: { width, height } }) {
  const scale = Math.max(1, Math.min(width, height) / (2 * REACH * side));
  /** @param {number} middle As a share of the frame. */
  const shift = (middle) => 100 * Math.min(0, Math.max(1 - scale, 0.5 - scale * middle));
  const [left, top] = [shift(x / width), shift(y / height)].map((share) => share.toFixed(2));
  return `translate(${left}%, ${top}%) scale(${scale.toFixed(3)})`;
}
