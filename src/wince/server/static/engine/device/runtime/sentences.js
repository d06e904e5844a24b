// The English sentences of answers, from the page's catalogue. Mirrors src/wince/speech/sentences.py
// and the sentences of a Judgement. The page words its results itself, in its own language.

/** @import { SpeechTexts } from "../../../texts.js" */
/** @import { CalibratedScore } from "./calibration.js" */
/** @import { ModelScale } from "../scale.js" */

import { constants } from "../constants.js";
import { decimalsOf, isPspi } from "../scale.js";

/** @type {Record<string, { phrase: string, remedy: string }>} */
const REASONS = constants.quality.REASONS;

/**
 * Return the sentence of a level, of two levels that a score lies between, or of a score without
 * levels.
 *
 * @param {SpeechTexts} texts
 * @param {Pick<CalibratedScore, "level" | "score">} score
 * @param {[string, string] | null} between
 * @param {ModelScale} scale
 */
export function sentenceOf(texts, { level, score }, between, scale) {
  if (level !== null && isPspi(scale)) return texts.sentences[between?.join("/") ?? level];
  const { name, low, high } = scale;
  const patterns = texts["other-scale"];
  if (between) {
    const values = { scale: name, lower: between[0], higher: between[1] };
    return filled(patterns.between, values);
  }
  if (level !== null) return filled(patterns.level, { scale: name, level });
  const shown = score.toFixed(decimalsOf(scale));
  return filled(patterns.score, { scale: name, score: shown, low: `${low}`, high: `${high}` });
}

/**
 * Return the general advice for a level; of two levels, that for the higher one.
 *
 * @param {SpeechTexts} texts
 * @param {string | null} level
 * @param {[string, string] | null} between
 * @param {ModelScale} scale
 */
export function adviceOf({ advice, titles, ...texts }, level, between, scale) {
  if (level === null || !isPspi(scale)) {
    const general = filled(texts["other-scale"].advice, { scale: scale.name });
    return `${general} ${advice.caution}`;
  }
  if (!between) return `${advice[level]} ${advice.caution}`;
  const higher = between[1];
  const first = advice.between.replace("{level}", titles[higher].toLowerCase());
  return `${first} ${advice[higher]} ${advice.caution}`;
}

/**
 * Return the sentence and the advice for a face that cannot be judged.
 *
 * @param {SpeechTexts} texts
 * @param {string[]} names Of the reasons.
 */
export function refusalOf({ refusal, advice }, names) {
  const phrases = names.map((name) => REASONS[name].phrase);
  const remedies = new Set(names.map((name) => REASONS[name].remedy));
  return {
    sentence: `${refusal.replace(/\.$/, "")}: ${phrases.join(" and ")}.`,
    advice: `${[...remedies].join(" ")} ${advice.refusal}`,
  };
}

/**
 * @param {string} pattern
 * @param {Record<string, string>} values
 */
function filled(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
