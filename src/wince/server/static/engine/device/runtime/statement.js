// What is stated about a face over time, and which level has lasted. Mirrors
// src/wince/runtime/statement.py, which explains it.

/** @import { Quality } from "../../../types.js" */
/** @import { SpeechTexts } from "../../../texts.js" */
/** @import { CalibratedScore } from "./calibration.js" */
/** @import { ModelScale } from "../scale.js" */

import { confidenceOf } from "./calibration.js";
import { constants } from "../constants.js";
import { adviceOf, sentenceOf } from "./sentences.js";
import { isPspi, pairwise } from "../scale.js";

const { CHANGING, NOT_IN_VIEW, SHOW_FACE } = constants.statement;
const { LONGEST_STEP, TOLERANCE } = constants.score_filter;

/**
 * What is stated about a face; the members are those of the server's answers.
 *
 * @typedef {object} Statement
 * @property {"level" | "between" | "score" | "changing" | "not-in-view" | "cannot-tell"} kind
 * @property {string | null} level
 * @property {[string, string] | null} between
 * @property {number | null} pspi The score of a model of PSPI.
 * @property {number | null} score
 * @property {[number, number] | null} interval
 * @property {Record<string, number> | null} level_probabilities
 * @property {number | null} confidence
 * @property {Record<string, string>} reasons
 * @property {Record<string, Record<string, number>>} values
 * @property {number | null} age
 * @property {boolean} announced
 * @property {string} sentence
 * @property {string} advice
 */

/** @type {Omit<Statement, "kind">} */
const EMPTY = {
  level: null,
  between: null,
  pspi: null,
  score: null,
  interval: null,
  level_probabilities: null,
  confidence: null,
  reasons: {},
  values: {},
  age: 0,
  announced: false,
  sentence: "",
  advice: "",
};

/**
 * Return the statement of a level, of two levels, or of a score without levels.
 *
 * @param {SpeechTexts} texts
 * @param {CalibratedScore} score As it is stated.
 * @param {[string, string] | null} between Two levels, one of them that of the score.
 * @param {boolean} announced Whether it is announced now.
 * @param {ModelScale} scale
 * @returns {Statement}
 */
export function statementOfScore(texts, score, between, announced, scale) {
  const kind = between ? "between" : "level";
  return {
    ...EMPTY,
    kind: score.level === null ? "score" : kind,
    ...score,
    pspi: isPspi(scale) ? score.score : null,
    level_probabilities: score.level === null ? null : score.level_probabilities,
    between,
    confidence: confidenceOf(score),
    announced,
    sentence: sentenceOf(texts, score, between, scale),
    advice: adviceOf(texts, score.level, between, scale),
  };
}

/**
 * Return the statement that no level has lasted yet, or that the score has left it.
 *
 * @returns {Statement}
 */
export function changing() {
  return { ...EMPTY, kind: "changing", sentence: CHANGING };
}

/**
 * Return the statement that no face is in view.
 *
 * @param {number | null} age Seconds since the last judged face.
 * @returns {Statement}
 */
export function notInView(age) {
  return { ...EMPTY, kind: "not-in-view", age, sentence: NOT_IN_VIEW, advice: SHOW_FACE };
}

/**
 * Return the statement that the face cannot be judged.
 *
 * @param {{ quality: Quality, sentence: string, advice: string }} refusal
 * @param {number | null} age
 * @returns {Statement}
 */
export function cannotTell({ quality: { reasons, values = {} }, sentence, advice }, age) {
  const names = Object.keys(reasons);
  return {
    ...EMPTY,
    kind: "cannot-tell",
    reasons: { ...reasons },
    values: Object.fromEntries(names.map((name) => [name, values[name] ?? {}])),
    age,
    sentence,
    advice,
  };
}

/** Which level, or which two neighbouring levels, have lasted for `hold` seconds. */
export class LastingLevels {
  #hold;
  #levels;
  #clock = 0;
  /** @type {string[]} */
  #frame = []; // levels of the last frame
  #since = 0; // when they began
  /** @type {Map<string, number>} */
  #lastFrame; // time of each level's last frame
  /** @type {string[]} */
  #recent; // the levels of the last `hold` seconds
  #recentSince = 0;
  /** @type {string[]} The levels that lasted most recently; empty at first. */
  lasting = [];

  /**
   * @param {number} hold
   * @param {string[]} levels Of the scale.
   */
  constructor(hold, levels) {
    this.#hold = hold - TOLERANCE;
    this.#levels = levels;
    this.#lastFrame = new Map(levels.map((level) => [level, 0]));
    this.#recent = levels;
  }

  /**
   * Add a frame; return whether other levels than before have lasted now.
   *
   * @param {number} elapsed Seconds since the previous frame of this face.
   * @param {string[]} levels One, or two neighbours.
   */
  add(elapsed, levels) {
    this.#clock += Math.min(elapsed, LONGEST_STEP);
    for (const level of [...this.#frame, ...levels]) this.#lastFrame.set(level, this.#clock);
    if (!isSame(levels, this.#frame)) [this.#frame, this.#since] = [levels, this.#clock];
    const recent = this.#levels.filter(
      (level) =>
        levels.includes(level) ||
        this.#clock - /** @type {number} */ (this.#lastFrame.get(level)) < this.#hold,
    );
    if (!isSame(recent, this.#recent)) [this.#recent, this.#recentSince] = [recent, this.#clock];
    const before = this.lasting;
    const isPair = pairwise(this.#levels).some((pair) => isSame(pair, recent));
    if (this.#clock - this.#since >= this.#hold) this.lasting = levels;
    else if (isPair && this.#clock - this.#recentSince >= this.#hold) this.lasting = recent;
    return !isSame(this.lasting, before);
  }
}

/**
 * @param {string[]} levels
 * @param {string[]} others
 */
function isSame(levels, others) {
  return levels.length === others.length && levels.every((level, index) => level === others[index]);
}
