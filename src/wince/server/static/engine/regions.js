// Which part of a camera's frame is sent next: the followed face at full resolution, or now and then
// the whole frame, reduced, for finding faces.

/** @import { Box, PersonInView, Size } from "../types.js" */

/** Milliseconds between whole frames while the followed face is seen: of one person, of several, and of
 * several of whom somebody else moves, comes or goes, who could otherwise be lost in between. */
const INTERVALS = { alone: 2000, several: 1000, moving: 400 };
const STILL = 0.3; // sizes of a face that somebody may move between whole frames and count as still
const LONGEST_WHOLE = 1280; // pixels of the longest side of a whole frame
const LONGEST_CROP = 640;
const OTHERS_KEPT = 2000; // milliseconds that persons of a whole frame are taken to be in view
const REACH = 1.75; // half the side of a crop, in sizes of the face

/**
 * Region null is the whole frame. A search is a whole frame of a large camera, which takes longer.
 *
 * @typedef {{ region: Box | null, longestSide: number, isSearch: boolean }} Part
 */

/** Return the choice of parts for one camera. */
export function createRegions() {
  /** @type {Box | null} */
  let face = null;
  let wholeAt = -Infinity;
  let interval = INTERVALS.alone;
  /** @type {PersonInView[]} */
  let others = [];

  return {
    /**
     * Remember where the followed face was seen; null if it was looked for and not found.
     *
     * @param {Box | null} box
     */
    seen(box) {
      face = box;
    },
    /**
     * Remember who else is in a whole frame.
     *
     * @param {PersonInView[]} persons Without the followed one.
     */
    sawOthers(persons) {
      if (!persons.length && !others.length) interval = INTERVALS.alone;
      else interval = areStill(others, persons) ? INTERVALS.several : INTERVALS.moving;
      others = persons;
    },
    /**
     * Return what to send of a frame.
     *
     * @param {Size} size Of the whole frame.
     * @param {number} now Milliseconds.
     * @returns {Part}
     */
    next(size, now) {
      const whole = { region: null, longestSide: LONGEST_WHOLE };
      if (Math.max(size.width, size.height) <= LONGEST_CROP) return { ...whole, isSearch: false };
      if (!face || now - wholeAt >= interval) {
        wholeAt = now;
        return { ...whole, isSearch: true };
      }
      return { region: surroundings(face, size), longestSide: LONGEST_CROP, isSearch: false };
    },
  };
}

/**
 * Return whether the same persons are in two whole frames, in about the same places.
 *
 * @param {PersonInView[]} before
 * @param {PersonInView[]} after
 */
function areStill(before, after) {
  return (
    before.length === after.length &&
    after.every(({ number, box }) => {
      const old = before.find((person) => person.number === number)?.box;
      return old !== undefined && distance(old, box) <= STILL;
    })
  );
}

/**
 * Return the distance between the middles of two boxes, in widths of the second.
 *
 * @param {Box} a
 * @param {Box} b
 */
function distance(a, b) {
  const [x, y] = [b[0] + b[2] - a[0] - a[2], b[1] + b[3] - a[1] - a[3]];
  return Math.hypot(x, y) / 2 / (b[2] - b[0]);
}

/**
 * Return the square around a face as far as it lies in the frame, in whole pixels.
 *
 * @param {Box} face
 * @param {Size} size
 * @returns {Box}
 */
export function surroundings([x0, y0, x1, y1], { width, height }) {
  const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const reach = REACH * Math.max(x1 - x0, y1 - y0);
  return [
    Math.max(0, Math.floor(x - reach)),
    Math.max(0, Math.floor(y - reach)),
    Math.min(width, Math.ceil(x + reach)),
    Math.min(height, Math.ceil(y + reach)),
  ];
}

/**
 * Return a function that completes the persons of a crop, which shows the followed one alone, with the
 * others of the last whole frame.
 */
export function createPersonsInView() {
  /** @type {PersonInView[]} */
  let others = [];
  let lastWhole = -Infinity;
  /**
   * @param {PersonInView[]} persons Those in the answer.
   * @param {number | null} followed Number of the followed person.
   * @param {boolean} isWhole Whether the answer is about a whole frame.
   * @param {number} now Milliseconds.
   * @returns {PersonInView[]}
   */
  return (persons, followed, isWhole, now) => {
    if (isWhole) {
      others = persons.filter(({ number }) => number !== followed);
      lastWhole = now;
      return persons;
    }
    if (now - lastWhole > OTHERS_KEPT) return persons;
    const numbers = persons.map(({ number }) => number);
    return [...persons, ...others.filter(({ number }) => ![followed, ...numbers].includes(number))];
  };
}

/**
 * Return whether a region is the whole frame.
 *
 * @param {Box} region
 * @param {Size} size
 */
export function isWhole([x0, y0, x1, y1], { width, height }) {
  return x0 === 0 && y0 === 0 && x1 === width && y1 === height;
}

/**
 * Return the size of an image whose longest side is reduced; a smaller one keeps its size.
 *
 * @param {Size} size
 * @param {number} longestSide
 * @returns {Size}
 */
export function reducedSize({ width, height }, longestSide) {
  const scale = Math.min(1, longestSide / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}
