// Filter for scores over time, which keeps a score on its side of a cut between levels under noise.
// Mirrors src/wince/runtime/score_filter.py, which explains it.

/** @import { CalibratedScore, Calibration } from "./calibration.js" */
/** @import { ModelScale } from "../scale.js" */

import { betweenOf, lastAtMost } from "./calibration.js";
import { constants } from "../constants.js";
import { pairwise } from "../scale.js";

const {
  REFERENCE_SECONDS,
  LONGEST_STEP,
  CONFIRMATION,
  SLACK,
  SLACK_OF_STEP,
  BLINK,
  CLOSED,
  EYES,
  TOLERANCE,
  GRID_STEP,
  PRECISION,
} = constants.score_filter;
const { RAW_MAXIMUM } = constants.scale;

/**
 * Scores of a frame; `units` is null for a model that gives a score alone.
 *
 * @typedef {{ raw: number, units: Record<string, number> | null }} Scores
 *
 * The filter after a frame; see FilterState of the Python module.
 *
 * @typedef {object} FilterState
 * @property {number} seconds
 * @property {Scores} smooth
 * @property {number} reference
 * @property {number} age
 * @property {number} beyond
 * @property {number} beyondAge
 * @property {number} start
 * @property {number} rangeIndex
 * @property {Scores} filtered
 */

/**
 * Return the level of a score, or the two levels that it lies between; none without levels.
 *
 * @param {CalibratedScore} score
 * @param {ModelScale} scale
 * @returns {string[]}
 */
export function statedLevels(score, scale) {
  return score.level === null ? [] : (betweenOf(score, scale) ?? [score.level]);
}

/** @type {WeakMap<Calibration, [number, number][]>} */
const rangesOf = new WeakMap();

/**
 * Return the ranges of the raw score in which the stated levels are the same, in ascending order.
 *
 * @param {Calibration} calibration
 */
export function levelRanges(calibration) {
  const ranges = rangesOf.get(calibration) ?? findRanges(calibration);
  rangesOf.set(calibration, ranges);
  return ranges;
}

/**
 * @param {Calibration} calibration
 * @returns {[number, number][]}
 */
function findRanges(calibration) {
  /** @param {number} raw */
  const levels = (raw) => statedLevels(calibration.stated(raw), calibration.scale).join("/");
  const count = Math.round(RAW_MAXIMUM / GRID_STEP);
  const grid = Array.from({ length: count + 1 }, (_, index) => (RAW_MAXIMUM * index) / count);
  /** @type {[number, number][]} */
  const ranges = [];
  let start = -Infinity;
  for (let [low, high] of pairwise(grid)) {
    while (levels(low) !== levels(high)) {
      // twice if a range lies between the two
      let [end, nextStart] = [low, high];
      while (nextStart - end > PRECISION) {
        const middle = (end + nextStart) / 2;
        if (levels(middle) === levels(low)) end = middle;
        else nextStart = middle;
      }
      ranges.push([start, end]);
      start = low = nextStart;
    }
  }
  return [...ranges, [start, Infinity]];
}

/** Filter with fixed settings. It has no state of its own. */
export class ScoreFilter {
  /**
   * @param {Calibration} calibration
   * @param {number} smoothing Time constant in seconds; 0 for none.
   * @param {number} margin Multiple of the model's mean error.
   */
  constructor(calibration, smoothing, margin) {
    this.calibration = calibration;
    this.smoothing = smoothing;
    this.margin = margin;
    this.ranges = levelRanges(calibration);
    this.starts = this.ranges.map(([low]) => low);
  }

  /**
   * Return the state after a frame.
   *
   * @param {FilterState | null} previous State after the previous frame.
   * @param {number} seconds Time of the frame.
   * @param {Scores} scores Of the frame.
   * @returns {FilterState}
   */
  step(previous, seconds, scores) {
    if (previous === null) return this.#first(seconds, scores);
    const elapsed = seconds - previous.seconds;
    const smooth = moved(previous.smooth, scores, weightOf(elapsed, this.smoothing));
    const step = Math.min(elapsed, LONGEST_STEP);
    const side = this.#side(smooth.raw, previous.start);
    const beyondAge = side === previous.beyond ? previous.beyondAge + step : 0;
    const lasts = side !== 0 && beyondAge >= CONFIRMATION - TOLERANCE;
    const margin = this.margin * this.calibration.spread(previous.reference);
    const difference = smooth.raw - previous.reference;
    const isMoving = lasts || Math.abs(difference) > 2 * margin;
    const age = isMoving ? 0 : previous.age + step;
    const weight = isMoving ? 0 : Math.max(weightOf(step, REFERENCE_SECONDS), step / (age + step));
    const reference = isMoving
      ? smooth.raw
      : previous.reference + weight * Math.min(Math.max(difference, -margin), margin);
    const beyond = isMoving ? 0 : side;
    const start = beyond ? previous.start : reference;
    const slack = margin * Math.max(SLACK, SLACK_OF_STEP * Math.sqrt(step));
    const rangeIndex = this.#nextRange(previous.rangeIndex, reference, age, slack);
    const [low, high] = this.ranges[rangeIndex];
    const filtered = { raw: Math.min(Math.max(smooth.raw, low), high), units: smooth.units };
    return { seconds, smooth, reference, age, beyond, beyondAge, start, rangeIndex, filtered };
  }

  /**
   * @param {number} seconds
   * @param {Scores} scores
   * @returns {FilterState}
   */
  #first(seconds, scores) {
    const { raw } = scores;
    return {
      seconds,
      smooth: scores,
      reference: raw,
      age: 0,
      beyond: 0,
      beyondAge: 0,
      start: raw,
      rangeIndex: this.#rangeIndex(raw),
      filtered: scores,
    };
  }

  /**
   * Return on which side of a reference a score is beyond the margin: -1, 0 or 1.
   *
   * @param {number} raw
   * @param {number} reference
   */
  #side(raw, reference) {
    const margin = this.margin * this.calibration.spread(reference);
    return Number(raw > reference + margin) - Number(raw < reference - margin);
  }

  /**
   * Return the range of the score.
   *
   * @param {number} index The range before.
   * @param {number} reference
   * @param {number} age Seconds since the reference moved at once.
   * @param {number} slack Points by which a settled reference must leave the range.
   */
  #nextRange(index, reference, age, slack) {
    const [low, high] = this.ranges[index];
    const allowed = age < REFERENCE_SECONDS - TOLERANCE ? 0 : slack;
    if (low - allowed <= reference && reference <= high + allowed) return index;
    return this.#rangeIndex(reference);
  }

  /** @param {number} raw */
  #rangeIndex(raw) {
    return lastAtMost(this.starts, raw);
  }
}

/**
 * Return scores moved towards others by a weight, 0 to 1.
 *
 * @param {Scores} from
 * @param {Scores} to
 * @param {number} weight
 * @returns {Scores}
 */
function moved(from, to, weight) {
  const raw = from.raw + weight * (to.raw - from.raw);
  const target = to.units;
  if (from.units === null || target === null) return { raw, units: null };
  const units = Object.entries(from.units).map(([name, value]) => [
    name,
    value + weight * (target[name] - value),
  ]);
  return { raw, units: Object.fromEntries(units) };
}

/**
 * Return the weight of a new value after so many seconds, 0 to 1.
 *
 * @param {number} elapsed
 * @param {number} timeConstant
 */
function weightOf(elapsed, timeConstant) {
  return timeConstant === 0 ? 1 : -Math.expm1(-elapsed / timeConstant);
}

/** A score filter that does not count blinks: a closure counts once it has lasted. */
export class BlinkFilter {
  /** @type {FilterState | null} */
  #state = null;
  /** @type {FilterState | null} */
  #ifClosed = null; // during a blink: if it is a closure
  #closedSince = 0;
  #openEyes = 0; // AU43 before the eyes closed
  /** @type {"open" | "blink" | "closed" | null} */
  eyes = null;

  /** @param {ScoreFilter} filter */
  constructor(filter) {
    this.filter = filter;
  }

  /**
   * Add the scores of a frame and return the filtered ones.
   *
   * @param {number} seconds
   * @param {Scores} scores
   */
  add(seconds, scores) {
    this.#state = this.#step(seconds, scores);
    return this.#state.filtered;
  }

  /** Forget a blink that has begun: the next frame comes after an absence of the face. */
  interrupt() {
    this.#ifClosed = null;
  }

  /**
   * @param {number} seconds
   * @param {Scores} scores
   */
  #step(seconds, scores) {
    if (scores.units === null) return this.filter.step(this.#state, seconds, scores);
    const eyes = scores.units[EYES];
    if (eyes < CLOSED) {
      [this.#openEyes, this.#ifClosed, this.eyes] = [eyes, null, "open"];
      return this.filter.step(this.#state, seconds, scores);
    }
    if (this.eyes !== "closed" && this.#ifClosed === null) this.#closedSince = seconds;
    const ifClosed = this.filter.step(this.#ifClosed ?? this.#state, seconds, scores);
    if (this.eyes === "closed" || seconds - this.#closedSince >= BLINK - TOLERANCE) {
      [this.#ifClosed, this.eyes] = [null, "closed"];
      return ifClosed;
    }
    [this.#ifClosed, this.eyes] = [ifClosed, "blink"];
    const units = { ...scores.units, [EYES]: this.#openEyes };
    const raw = scores.raw - eyes + this.#openEyes;
    return this.filter.step(this.#state, seconds, { raw, units });
  }
}
