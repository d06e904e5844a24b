// One face over time: filtered scores, and one statement for each frame. Mirrors
// src/wince/runtime/track.py; docs/live.md describes the rules.

/** @import { Quality } from "../../../types.js" */
/** @import { SpeechTexts } from "../../../texts.js" */
/** @import { CalibratedScore, Calibration } from "./calibration.js" */
/** @import { Scores } from "./score_filter.js" */
/** @import { Statement } from "./statement.js" */

import { constants } from "../constants.js";
import { rounded, roundedValues } from "../rounding.js";
import { isPspi } from "../scale.js";
import { BlinkFilter, ScoreFilter, statedLevels } from "./score_filter.js";
import { LastingLevels, cannotTell, changing, notInView, statementOfScore } from "./statement.js";

const { GRACE, MAX_SECONDS, MAX_MARGIN, SETTINGS } = constants.track;
const { TOLERANCE } = constants.score_filter;

/**
 * @typedef {{ smoothing: number, margin: number, hold: number, away: number }} TrackSettings
 *
 * What a track needs of an assessment.
 *
 * @typedef {object} Judged
 * @property {number | null} raw_score Null for a face that cannot be judged.
 * @property {Record<string, number> | null} action_units
 * @property {Quality} quality
 * @property {string} sentence
 * @property {string} advice
 *
 * The filtered score of a frame, without blinks.
 *
 * @typedef {object} TrackScore
 * @property {number | null} pspi The score of a model of PSPI.
 * @property {number} score
 * @property {[number, number]} interval
 * @property {Record<string, number> | null} level_probabilities Null without levels.
 * @property {number} raw_score
 * @property {Record<string, number> | null} action_units
 *
 * State of a track after a frame: the member `track` of the live socket's answers.
 *
 * @typedef {object} TrackState
 * @property {number} seconds
 * @property {Statement} statement
 * @property {TrackScore | null} score
 * @property {"open" | "blink" | "closed" | null} eyes
 */

/**
 * Return the settings of a track, with the defaults for what is missing.
 *
 * @param {Record<string, string | number>} given
 * @returns {TrackSettings}
 * @throws {RangeError} A value is out of its range.
 */
export function trackSettings(given) {
  const names = /** @type {(keyof TrackSettings)[]} */ (Object.keys(SETTINGS));
  const settings = { ...SETTINGS };
  for (const name of names) {
    const value = Number(given[name] ?? SETTINGS[name]);
    const largest = name === "margin" ? MAX_MARGIN : MAX_SECONDS;
    if (!(value >= 0 && value <= largest)) {
      throw new RangeError(`${name} must be a number from 0 to ${largest}, not ${given[name]}.`);
    }
    settings[name] = value;
  }
  if (settings.away === 0) throw new RangeError("away must be above 0 seconds.");
  return settings;
}

/** One face over time. Call `update` for each frame, in order of time. */
export class Track {
  #seconds = -Infinity;
  /** @type {number | null} */
  #judgedAt = null;
  /** @type {{ seconds: number, judged: Judged } | null} */
  #refused = null; // the last refusal and its time
  /** @type {TrackState | null} */
  #state = null;
  /** @type {BlinkFilter} */
  #filter;
  /** @type {LastingLevels} */
  #lasting;
  /** @type {Statement | null} */
  #statement = null; // of the last face that was judged
  #isAbsent = true;

  /**
   * @param {Calibration} calibration Of the model that makes the assessments.
   * @param {SpeechTexts} texts
   * @param {TrackSettings} settings
   */
  constructor(calibration, texts, settings) {
    this.calibration = calibration;
    this.texts = texts;
    this.settings = settings;
    const { filter, lasting } = this.#begin();
    [this.#filter, this.#lasting] = [filter, lasting];
  }

  /** Return the parts of a track without frames. */
  #begin() {
    const { smoothing, margin, hold } = this.settings;
    const scoreFilter = new ScoreFilter(this.calibration, smoothing, margin);
    const { levels } = this.calibration.scale;
    return { filter: new BlinkFilter(scoreFilter), lasting: new LastingLevels(hold, levels) };
  }

  /** Start again, for example for another person. The age of the last face is kept. */
  reset() {
    const { filter, lasting } = this.#begin();
    [this.#filter, this.#lasting] = [filter, lasting];
    this.#statement = null;
    this.#isAbsent = true;
  }

  /**
   * Add a frame that was assessed; null for one without a face.
   *
   * @param {number} seconds Later than that of the previous frame.
   * @param {Judged | null} judged
   * @returns {TrackState}
   */
  update(seconds, judged) {
    if (!Number.isFinite(seconds) || seconds <= this.#seconds) {
      throw new RangeError(
        `A frame's time must be later than that of the one before (${this.#seconds} s), not ${seconds} s.`,
      );
    }
    if (this.#isAbsent && this.#age(seconds, Infinity) >= this.settings.away) this.reset();
    this.#seconds = seconds;
    this.#state =
      judged === null || judged.raw_score === null
        ? this.#notJudged(seconds, judged)
        : this.#judged(seconds, { raw: judged.raw_score, units: judged.action_units });
    return this.#state;
  }

  /**
   * Return the last state at a later time, for a frame that was not assessed.
   *
   * @param {number} seconds
   * @returns {TrackState | null}
   */
  current(seconds) {
    if (this.#state === null) return null;
    const age = this.#roundedAge(seconds);
    const statement = { ...this.#state.statement, age, announced: false };
    return { seconds: rounded(seconds, 3), statement, score: null, eyes: null };
  }

  /**
   * Return the seconds since the last judged face.
   *
   * @param {number} seconds
   * @param {number} beforeFirst
   */
  #age(seconds, beforeFirst) {
    return this.#judgedAt === null ? beforeFirst : seconds - this.#judgedAt;
  }

  /** @param {number} seconds */
  #roundedAge(seconds) {
    return this.#judgedAt === null ? null : rounded(seconds - this.#judgedAt, 3);
  }

  /**
   * @param {number} seconds
   * @param {Scores} scores
   * @returns {TrackState}
   */
  #judged(seconds, scores) {
    if (this.#isAbsent) this.#filter.interrupt();
    const elapsed = this.#isAbsent ? 0 : this.#age(seconds, 0);
    const filtered = this.#filter.add(seconds, scores);
    const score = this.calibration.stated(filtered.raw);
    const levels = statedLevels(score, this.calibration.scale);
    const announced = this.#lasting.add(elapsed, levels);
    this.#statement = this.#stated(score, levels, announced);
    [this.#judgedAt, this.#isAbsent] = [seconds, false];
    return {
      seconds: rounded(seconds, 3),
      statement: this.#statement,
      score: trackScore(score, filtered, isPspi(this.calibration.scale)),
      eyes: this.#filter.eyes,
    };
  }

  /**
   * @param {CalibratedScore} score
   * @param {string[]} levels
   * @param {boolean} announced
   */
  #stated(score, levels, announced) {
    const { lasting } = this.#lasting;
    if (!levels.every((level) => lasting.includes(level))) return changing();
    const [low, high] = lasting;
    return statementOfScore(
      this.texts,
      score,
      lasting.length === 2 ? [low, high] : null,
      announced,
      this.calibration.scale,
    );
  }

  /**
   * @param {number} seconds
   * @param {Judged | null} refused A face that cannot be judged.
   * @returns {TrackState}
   */
  #notJudged(seconds, refused) {
    this.#isAbsent = true;
    if (refused) this.#refused = { seconds, judged: refused };
    const statement = this.#statementWithoutScore(seconds);
    return { seconds: rounded(seconds, 3), statement, score: null, eyes: null };
  }

  /** @param {number} seconds */
  #statementWithoutScore(seconds) {
    const age = this.#roundedAge(seconds);
    if (this.#statement && this.#age(seconds, Infinity) < GRACE - TOLERANCE) {
      return { ...this.#statement, age, announced: false };
    }
    if (this.#refused && seconds - this.#refused.seconds < GRACE - TOLERANCE) {
      return cannotTell(this.#refused.judged, age);
    }
    return notInView(age);
  }
}

/**
 * Return a filtered score with its rounded components.
 *
 * @param {CalibratedScore} score
 * @param {Scores} filtered
 * @param {boolean} hasPspi
 * @returns {TrackScore}
 */
function trackScore({ score, interval, level, level_probabilities }, { raw, units }, hasPspi) {
  return {
    pspi: hasPspi ? score : null,
    score,
    interval,
    level_probabilities: level === null ? null : level_probabilities,
    raw_score: rounded(raw, 3),
    action_units: units && roundedValues(units, 3),
  };
}
