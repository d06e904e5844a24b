// The English sentences of answers, from the page's catalogue. Mirrors src/wince/speech/sentences.py
// and the sentences of a Judgement. The page words its results itself, in its own language.

/** @import { SpeechTexts } from "../../../texts.js" */

import { constants } from "../constants.js";

/** @type {Record<string, { phrase: string, remedy: string }>} */
const REASONS = constants.quality.REASONS;

/**
 * Return the sentence of a level, or of two levels that a score lies between.
 *
 * @param {SpeechTexts} texts
 * @param {string} level
 * @param {[string, string] | null} between
 */
export function sentenceOf(texts, level, between) {
  return texts.sentences[between?.join("/") ?? level];
}

/**
 * Return the general advice for a level; of two levels, that for the higher one.
 *
 * @param {SpeechTexts} texts
 * @param {string} level
 * @param {[string, string] | null} between
 */
export function adviceOf({ advice, titles }, level, between) {
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
