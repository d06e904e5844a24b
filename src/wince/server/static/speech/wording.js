// What is spoken about a statement, and what screen readers read of it.

/** @import { Assessment, Level, Scale, SpeechRequest, TrackStatement } from "../types.js" */
/** @import { Settings } from "../state.js" */

import { capitalised } from "../dom.js";
import { isPspi, shownScore, statedName, wholePercent } from "../levels.js";
import { displayed, filled, hasText, language, number, speechTexts, t, title } from "../texts.js";

/**
 * @typedef {object} Speech
 * @property {string} text For a voice of the browser.
 * @property {SpeechRequest} request For the voices of the engine.
 *
 * @typedef {Assessment | TrackStatement} Spoken What is spoken: of one image, or over time.
 *
 * @typedef {{ level: Level | null, between?: [Level, Level] | null, score: number }} Scored
 */

/**
 * Return what to speak: the sentence, and if wanted the percentage of the scale and the advice.
 *
 * @param {Scale} scale
 * @param {Spoken} statement
 * @param {Pick<Settings, "sayPercent" | "sayAdvice">} settings
 * @returns {Speech}
 */
export function speechFor(scale, statement, { sayPercent, sayAdvice }) {
  const { code } = language();
  const texts = speechTexts();
  const { level, between, score } = statement;
  const isSharing = sayPercent && score !== null;
  const parts =
    score === null
      ? [texts.refusal, ...reasonsOf(statement).map((reason) => `${capitalised(reason)}.`)]
      : [spokenSentence(scale, { level, between, score })];
  if (isSharing) parts.push(filled(texts.percent, { percent: wholePercent(scale, score) }));
  if (sayAdvice) {
    parts.push(score === null ? texts.advice.refusal : adviceFor(scale, { level, between }));
  }
  const request = {
    level,
    ...(between && { between }),
    score,
    percent: isSharing,
    advice: sayAdvice,
    language: code,
  };
  return { text: parts.join(" "), request };
}

/**
 * Return the sentence that is spoken of a score.
 *
 * @param {Scale} scale
 * @param {Scored} scored
 */
function spokenSentence(scale, { level, between, score }) {
  return level !== null && isPspi(scale)
    ? speechTexts().spoken[statedName({ level, between })]
    : onOtherScale(scale, "spoken-", { level, between, score });
}

/**
 * Return a sentence about a score on another scale than PSPI, as `wince.speech.sentences` does.
 *
 * @param {Scale} scale
 * @param {"" | "spoken-"} prefix "spoken-" for the sentence to speak, "" for the one to show.
 * @param {Scored} scored
 */
function onOtherScale(scale, prefix, { level, between, score }) {
  const patterns = speechTexts()["other-scale"];
  const { name } = scale;
  if (between) {
    const values = { scale: name, lower: between[0], higher: between[1] };
    return filled(patterns[`${prefix}between`], values);
  }
  if (level !== null) return filled(patterns[`${prefix}level`], { scale: name, level });
  const [low, high] = [scale.minimum, scale.maximum].map((end) => number(end));
  const values = { scale: name, score: shownScore(scale, score), low, high };
  return filled(patterns[`${prefix}score`], values);
}

/**
 * Return the general advice for a level, as it is spoken; if neither of two is clear, that for the
 * higher one. Other scales than PSPI have one advice for all levels.
 *
 * @param {Scale} scale
 * @param {{ level: Level | null, between?: [Level, Level] | null }} statement
 */
export function adviceFor(scale, { level, between }) {
  const { advice, titles, ...texts } = speechTexts();
  if (level === null || !isPspi(scale)) {
    return `${filled(texts["other-scale"].advice, { scale: scale.name })} ${advice.caution}`;
  }
  if (!between) return `${advice[level]} ${advice.caution}`;
  const higher = between[1];
  const first = filled(advice.between, { level: titles[higher].toLowerCase() });
  return `${first} ${advice[higher]} ${advice.caution}`;
}

/**
 * Return the sentence of a statement as it is displayed, and read by screen readers.
 *
 * @param {Scale} scale
 * @param {Spoken} statement
 */
export function sentenceOf(scale, statement) {
  const { level, between, score } = statement;
  if (level !== null && isPspi(scale)) {
    return displayed(speechTexts().sentences[statedName({ level, between })]);
  }
  if (score !== null) return displayed(onOtherScale(scale, "", { level, between, score }));
  if ("kind" in statement && statement.kind !== "cannot-tell") return title(statement.kind);
  const reasons = reasonsOf(statement).join(t("list.separator"));
  return [title("cannot-tell"), reasons].filter(Boolean).join(": ");
}

/**
 * Return why a face cannot be judged, in a few words each.
 *
 * @param {Spoken} statement
 */
function reasonsOf(statement) {
  const codes = Object.keys("quality" in statement ? statement.quality.reasons : statement.reasons);
  return codes.filter((code) => hasText(`quality.${code}`)).map((code) => t(`quality.${code}`));
}
