// From a model's raw score to its scale, with an interval and level probabilities. Mirrors
// src/wince/runtime/calibration.py, which explains it.

/** @import { ModelScale } from "../scale.js" */

import { constants } from "../constants.js";
import { roundedValues } from "../rounding.js";
import { levelOf, pairwise, roundedScore } from "../scale.js";

const { FEWEST_SUBJECTS, CLEAR, TAIL, UNKNOWN_SHARE } = constants.calibration;

/**
 * Score of a raw score, with its uncertainty.
 *
 * @typedef {object} CalibratedScore
 * @property {number} score On the model's scale.
 * @property {[number, number]} interval Ends of the 90 % interval.
 * @property {string | null} level Of the score; null for a scale without levels.
 * @property {Record<string, number>} level_probabilities
 *
 * The member `calibration` of model.json.
 *
 * @typedef {object} CalibrationData
 * @property {number} [shift]
 * @property {number} spread_base
 * @property {number} spread_slope
 * @property {number[]} probabilities
 * @property {number[]} residual_quantiles
 * @property {number[]} prior Frequency of each level; empty if the levels were stated later.
 * @property {number} [subjects]
 * @property {Record<string, number[]>} score_map Knots: `raw`, and `pspi` or, on other scales, `score`.
 */

/** The distribution of the error of a raw score, and the map from raw score to the scale. */
export class Calibration {
  /**
   * @param {CalibrationData} data
   * @param {ModelScale} scale
   */
  constructor(data, scale) {
    this.scale = scale;
    // A calibration that lacks them was fitted by frames: its interval is the whole scale.
    const { shift = 0, subjects = 0 } = data;
    this.shift = shift;
    this.subjects = subjects;
    this.data = data;
    const { raw, pspi, score = pspi } = data.score_map;
    this.knots = { raw, score };
  }

  /**
   * Return score, interval and level probabilities of a raw score.
   *
   * @param {number} raw
   * @returns {CalibratedScore}
   */
  score(raw) {
    const { scale, knots } = this;
    const median = this.median(raw);
    const below = scale.cuts.map((cut) =>
      this.#below(raw, interpolated(cut, knots.score, knots.raw)),
    );
    const unknown = this.subjects ? 1 / (this.subjects + 1) : UNKNOWN_SHARE;
    const shares = pairwise([0, ...below, 1]).map(([low, high]) => high - low);
    const priors = this.data.prior.length ? this.data.prior : shares;
    const probabilities = scale.levels.map((name, index) => [
      name,
      shares[index] * (1 - unknown) + priors[index] * unknown,
    ]);
    return {
      score: median,
      interval: this.#interval(raw),
      level: levelOf(median, scale),
      level_probabilities: Object.fromEntries(probabilities),
    };
  }

  /**
   * Return the score of a raw score as it is stated. The level is that of the rounded score, so that
   * no statement contradicts its own numbers.
   *
   * @param {number} raw
   * @returns {CalibratedScore}
   */
  stated(raw) {
    const exact = this.score(raw);
    const [score, low, high] = [exact.score, ...exact.interval].map((value) =>
      roundedScore(value, this.scale),
    );
    return {
      score,
      interval: [low, high],
      level: levelOf(score, this.scale),
      level_probabilities: roundedValues(exact.level_probabilities, 4),
    };
  }

  /**
   * Return the score of a raw score: the median of its distribution.
   *
   * @param {number} raw
   */
  median(raw) {
    return this.#mapped(this.#quantile(raw, 0.5));
  }

  /**
   * Return the mean absolute error at a raw score, in points of the raw score.
   *
   * @param {number} raw
   */
  spread(raw) {
    return this.data.spread_base + this.data.spread_slope * Math.max(raw, 0);
  }

  /**
   * @param {number} raw
   * @returns {[number, number]}
   */
  #interval(raw) {
    if (this.subjects < FEWEST_SUBJECTS) return [this.scale.low, this.scale.high];
    const tail = Math.max((this.subjects + 1) * TAIL - 1, 0) / this.subjects;
    return [this.#mapped(this.#quantile(raw, tail)), this.#mapped(this.#quantile(raw, 1 - tail))];
  }

  /**
   * @param {number} raw
   * @param {number} probability
   */
  #quantile(raw, probability) {
    const { probabilities, residual_quantiles: quantiles } = this.data;
    return (
      raw + this.shift + this.spread(raw) * interpolated(probability, probabilities, quantiles)
    );
  }

  /**
   * Return the probability that the rating is below a cut on the raw scale.
   *
   * @param {number} raw
   * @param {number} cut
   */
  #below(raw, cut) {
    const { probabilities, residual_quantiles: quantiles } = this.data;
    const residual = (cut - raw - this.shift) / this.spread(raw);
    if (residual < quantiles[0]) return 0;
    if (residual > quantiles[quantiles.length - 1]) return 1;
    return interpolated(residual, quantiles, probabilities);
  }

  /** @param {number} raw */
  #mapped(raw) {
    return interpolated(raw, this.knots.raw, this.knots.score);
  }
}

/**
 * Return the probability of a score's level, 0 to 1; null without a level.
 *
 * @param {CalibratedScore} score
 */
export function confidenceOf({ level, level_probabilities: probabilities }) {
  return level === null ? null : probabilities[level];
}

/**
 * Return the level of a score and the more probable level next to it, the lower first, if neither is
 * clear: another level is as probable, or none reaches one half. Else null.
 *
 * @param {CalibratedScore} score
 * @param {ModelScale} scale
 * @returns {[string, string] | null}
 */
export function betweenOf(score, scale) {
  const { level, level_probabilities: probabilities } = score;
  const { levels } = scale;
  const others = levels.filter((name) => name !== level).map((name) => probabilities[name]);
  const confidence = confidenceOf(score);
  if (level === null || confidence === null) return null;
  if (confidence >= CLEAR && Math.max(0, ...others) < confidence) return null;
  const index = levels.indexOf(level);
  const pairs = pairwise(levels.slice(Math.max(index - 1, 0), index + 2));
  /** @param {[string, string]} pair */
  const share = ([low, high]) => probabilities[low] + probabilities[high];
  return pairs.reduce((best, pair) => (share(pair) > share(best) ? pair : best));
}

/**
 * Return the value at `x` of the line through knots, constant before the first and after the last.
 *
 * @param {number} x
 * @param {number[]} xs Positions of the knots, not decreasing.
 * @param {number[]} ys Their values.
 */
function interpolated(x, xs, ys) {
  if (Number.isNaN(x)) return x;
  if (x < xs[0]) return ys[0];
  const index = lastAtMost(xs, x);
  if (index >= xs.length - 1) return ys[ys.length - 1];
  const slope = (ys[index + 1] - ys[index]) / (xs[index + 1] - xs[index]);
  return slope * (x - xs[index]) + ys[index];
}

/**
 * Return the position of the last of ascending values that is at most `x`; -1 if there is none.
 *
 * @param {number[]} values
 * @param {number} x
 */
export function lastAtMost(values, x) {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
