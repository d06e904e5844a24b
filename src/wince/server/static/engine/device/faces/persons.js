// Which face is which person over time: each face of each frame gets a person's number. Mirrors
// src/wince/faces/persons.py, which describes the rules.

/** @import { Box, Point } from "../../../types.js" */
/** @import { Face } from "./face.js" */
/** @import { FaceColours } from "./face_colours.js" */

import { constants } from "../constants.js";
import { bestAssignment } from "./assignment.js";
import { iou } from "./boxes.js";
import { distance } from "./face.js";
import { colourDistance } from "./face_colours.js";

const { SAME_PERSON } = constants.face_colours;
const {
  SAME_PLACE,
  REACH,
  SIZE_CHANGE,
  SHORT_GAP,
  MISSED_COST,
  GAP_COST,
  SPEED_SECONDS,
  GLIDE_SECONDS,
  SAME_SHIFT,
  FARTHEST,
  MOST_SHIFTS,
  COLOUR_WEIGHT,
} = constants.persons;

/** A person who can still be followed: the last face, its time, and speed in pixels a second. */
class Person {
  /** @type {Point} */
  speed = [0, 0];

  /**
   * @param {number} number
   * @param {Face} face
   * @param {number} seconds
   * @param {FaceColours | null} colours
   */
  constructor(number, face, seconds, colours) {
    this.number = number;
    this.face = face;
    this.seconds = seconds;
    this.colours = colours;
  }

  /**
   * Return the last box, moved on by as many pixels as the face has moved if it slows down.
   *
   * @param {number} seconds
   */
  expectedBox(seconds) {
    const gap = seconds - this.seconds;
    const factor = GLIDE_SECONDS * (1 - Math.exp(-gap / GLIDE_SECONDS));
    return shifted(this.face.box, [this.speed[0] * factor, this.speed[1] * factor]);
  }

  /**
   * Set the person's face at a time.
   *
   * @param {Face} face
   * @param {number} seconds
   * @param {FaceColours | null} colours
   */
  move(face, seconds, colours) {
    const gap = seconds - this.seconds;
    if (gap > 0) {
      const weight = 1 - Math.exp(-gap / SPEED_SECONDS);
      const [now, before] = [face.centre, this.face.centre];
      const [x, y] = this.speed.map(
        (speed, axis) => speed + weight * ((now[axis] - before[axis]) / gap - speed),
      );
      this.speed = [x, y];
    }
    this.face = face;
    this.seconds = seconds;
    if (this.colours === null) this.colours = colours;
    else if (colours?.isWhole) {
      const shares = this.colours.shares.map(
        (share, bin) => share + COLOUR_WEIGHT * (colours.shares[bin] - share),
      );
      this.colours = { shares, isWhole: true };
    }
  }
}

/** The persons in front of a camera or in a video. Call `update` for each frame, in order. */
export class Persons {
  /** @type {Map<number, Person>} */
  #persons = new Map();
  #count = 0;

  /** @param {number} away Seconds after which a person who is not in the frames is not expected. */
  constructor(away) {
    this.away = away;
  }

  /**
   * Return the person's number for each face of a frame.
   *
   * @param {number} seconds Time of the frame, later than that of the previous one.
   * @param {Face[]} faces The faces of the frame in any order.
   * @param {FaceColours[] | null} [colours] Of each face; null to go by places and sizes alone.
   */
  update(seconds, faces, colours = null) {
    for (const [number, person] of this.#persons) {
      if (!(seconds - person.seconds < this.away)) this.#persons.delete(number);
    }
    const histograms = uncovered(faces, colours);
    const numbers = this.#knownNumbers(seconds, faces, histograms);
    return faces.map((face, index) => {
      const number = numbers.get(index);
      const person = number === undefined ? undefined : this.#persons.get(number);
      if (person) {
        person.move(face, seconds, histograms[index]);
        return person.number;
      }
      this.#count += 1;
      this.#persons.set(this.#count, new Person(this.#count, face, seconds, histograms[index]));
      return this.#count;
    });
  }

  /**
   * Return the last face of a person; null if nobody with this number is expected.
   *
   * @param {number} number
   */
  lastFace(number) {
    return this.#persons.get(number)?.face ?? null;
  }

  /**
   * Return the numbers of known persons by the index of their face.
   *
   * @param {number} seconds
   * @param {Face[]} faces
   * @param {(FaceColours | null)[]} colours
   * @returns {Map<number, number>}
   */
  #knownNumbers(seconds, faces, colours) {
    if (!faces.length || !this.#persons.size) return new Map();
    const persons = [...this.#persons.values()];
    const boxes = faces.map((face) => face.box);
    const inPlace = numbersInPlace(persons, boxes, seconds);
    if (inPlace) return inPlace;
    const { misfits, overlaps } = misfitsAndOverlaps(persons, boxes, seconds);
    const gaps = persons.map((person) => seconds - person.seconds);
    const shortest = Math.min(...gaps);
    const costs = misfits.map((row, index) => {
      const gap = gaps[index];
      const gapCost = gap > shortest ? MISSED_COST + GAP_COST * Math.min(gap, 1) : 0;
      return row.map((misfit, column) => {
        const overlap = overlaps[index][column];
        const isOther = isOtherPerson(persons[index], colours[column], gap > SHORT_GAP, overlap);
        return misfit >= 1 || isOther ? 1 : (misfit + gapCost) / (1 + MISSED_COST + GAP_COST);
      });
    });
    return new Map(
      pairsOf(costs, overlaps)
        .filter(([row, column]) => costs[row][column] < 1)
        .map(([row, column]) => [column, persons[row].number]),
    );
  }
}

/**
 * Return the pairs [person, face]: first those in place, the cheapest first, then the assignment of
 * the rest with the smallest total cost.
 *
 * @param {number[][]} costs
 * @param {number[][]} overlaps
 */
function pairsOf(costs, overlaps) {
  const pairs = cheapestPairs(
    costs.map((row, index) =>
      row.map((cost, column) => (overlaps[index][column] >= SAME_PLACE ? cost : 1)),
    ),
  );
  const [rows, columns] = [costs.length, costs[0].length].map((length, axis) => {
    const taken = new Set(pairs.map((pair) => pair[axis]));
    return [...Array(length).keys()].filter((index) => !taken.has(index));
  });
  const remaining = rows.map((row) => columns.map((column) => costs[row][column]));
  for (const [row, column] of bestAssignment(remaining, columns.length)) {
    pairs.push([rows[row], columns[column]]);
  }
  return pairs;
}

/**
 * Return the numbers of persons by the index of their face if everybody was in the place of exactly
 * one face a moment ago; null otherwise. In most frames nothing else need be weighed.
 *
 * @param {Person[]} persons
 * @param {Box[]} boxes
 * @param {number} seconds
 */
function numbersInPlace(persons, boxes, seconds) {
  /** @type {Map<number, number>} */
  const numbers = new Map();
  for (const person of persons) {
    if (seconds - person.seconds > SHORT_GAP) return null;
    const columns = [...boxes.keys()].filter(
      (column) => iou(person.face.box, boxes[column]) >= SAME_PLACE,
    );
    if (columns.length !== 1 || numbers.has(columns[0])) return null;
    numbers.set(columns[0], person.number);
  }
  return numbers.size === boxes.length ? numbers : null;
}

/**
 * Return the colours of each face, null for a face that another one may cover in part.
 *
 * @param {Face[]} faces
 * @param {FaceColours[] | null} colours
 */
function uncovered(faces, colours) {
  return faces.map((face, index) => {
    const overlapping = faces.filter((other) => iou(face.box, other.box) !== 0);
    return colours && overlapping.length === 1 ? colours[index] : null;
  });
}

/**
 * Return how badly and how much (IoU) each face is where a person is expected: at the last place or
 * further along, whichever is better.
 *
 * @param {Person[]} persons
 * @param {Box[]} boxes
 * @param {number} seconds
 */
function misfitsAndOverlaps(persons, boxes, seconds) {
  const present = persons.filter((person) => seconds - person.seconds <= SHORT_GAP);
  const shift = cameraShift(
    present.map((person) => person.face.box),
    present.map((person) => person.expectedBox(seconds)),
    boxes,
  );
  const places = persons.map((person) => {
    const both = [person.face.box, person.expectedBox(seconds)];
    return seconds - person.seconds <= SHORT_GAP ? both.map((box) => shifted(box, shift)) : both;
  });
  return {
    misfits: places.map((both) =>
      boxes.map((box) => Math.min(...both.map((place) => misfit(place, box)))),
    ),
    overlaps: places.map((both) =>
      boxes.map((box) => Math.max(...both.map((place) => iou(place, box)))),
    ),
  };
}

/**
 * Return by how many pixels the camera moved: the shift that explains most faces. It is 0 unless the
 * faces of most persons are elsewhere and one shift explains at least two.
 *
 * @param {Box[]} last Last box of each person.
 * @param {Box[]} moved The same boxes moved along.
 * @param {Box[]} boxes The boxes of the faces.
 * @returns {Point}
 */
function cameraShift(last, moved, boxes) {
  const explained = last.filter((place, index) =>
    boxes.some((box) => Math.min(misfit(place, box), misfit(moved[index], box)) < SAME_SHIFT),
  );
  if (2 * explained.length >= Math.min(last.length, boxes.length)) return [0, 0];
  const shifts = last
    .flatMap((place) =>
      boxes
        .filter((box) => misfit(place, box) < FARTHEST)
        .map((box) => {
          const [[x, y], [placeX, placeY]] = [centre(box), centre(place)];
          return /** @type {Point} */ ([x - placeX, y - placeY]);
        }),
    )
    .sort((shift, other) => Math.hypot(...shift) - Math.hypot(...other))
    .slice(0, MOST_SHIFTS);
  /** @type {Point} */
  let best = [0, 0];
  let highest = 1;
  for (const shift of shifts) {
    const count = last.filter((place) =>
      boxes.some((box) => misfit(shifted(place, shift), box) < SAME_SHIFT),
    ).length;
    if (count > highest) [best, highest] = [shift, count];
  }
  return best;
}

/**
 * Return whether colours show that a face is not that of a person. They are compared when the person
 * was away, and when a whole face is not in its place: other colours of a face in its place mean
 * other light.
 *
 * @param {Person} person
 * @param {FaceColours | null} now
 * @param {boolean} wasAway
 * @param {number} overlap
 */
function isOtherPerson({ colours: before }, now, wasAway, overlap) {
  if (before === null || now === null) return false;
  if (!wasAway && (overlap >= SAME_PLACE || !now.isWhole)) return false;
  return colourDistance(before, now) > SAME_PERSON;
}

/**
 * Return how badly a box fits a place, by distance and size: 0 exactly, 1 at the limit.
 *
 * @param {Box} place
 * @param {Box} box
 */
function misfit(place, box) {
  const [side, other] = [longSide(place), longSide(box)];
  const growth = Math.log(other / side) / Math.log(SIZE_CHANGE);
  const gap = distance(centre(place), centre(box));
  return Math.hypot(gap / (REACH * Math.sqrt(side * other)), growth);
}

/**
 * Return pairs of row and column, the cheapest first, each row and column once, below 1.
 *
 * @param {number[][]} costs
 * @returns {[number, number][]}
 */
function cheapestPairs(costs) {
  const cells = costs.flatMap((row, index) =>
    row.map((cost, column) => ({ cost, row: index, column })),
  );
  /** @type {[number, number][]} */
  const pairs = [];
  for (const { cost, row, column } of cells.sort((cell, other) => cell.cost - other.cost)) {
    if (cost >= 1) break;
    if (!pairs.some((pair) => pair[0] === row || pair[1] === column)) pairs.push([row, column]);
  }
  return pairs;
}

/**
 * @param {Box} box
 * @param {Point} shift
 * @returns {Box}
 */
function shifted([x0, y0, x1, y1], [dx, dy]) {
  return [x0 + dx, y0 + dy, x1 + dx, y1 + dy];
}

/** @param {Box} box */
function centre([x0, y0, x1, y1]) {
  return [(x0 + x1) / 2, (y0 + y1) / 2];
}

/**
 * Return the longer side of a box, at least 1 pixel.
 *
 * @param {Box} box
 */
function longSide([x0, y0, x1, y1]) {
  return Math.max(x1 - x0, y1 - y0, 1);
}
