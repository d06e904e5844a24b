// The English sentences of answers, from the page's catalogue. Mirrors src/wince/speech/sentences.py.
// The page words its results itself, in its own language.

/** @import { SpeechTexts } from "../../../texts.js" */

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
