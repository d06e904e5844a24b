// What is spoken about a statement, and what screen readers read of it.

/** @import { Assessment, Level, Scale, SpeechRequest, TrackStatement } from "../types.js" */
/** @import { Settings } from "../state.js" */
/** @import { Stated } from "../levels.js" */

import { capitalised } from "../dom.js";
import { statedName, wholePercent } from "../levels.js";
import { displayed, filled, hasText, language, speechTexts, t, title } from "../texts.js";

/**
 * @typedef {object} Speech
 * @property {string} text For a voice of the browser.
 * @property {SpeechRequest} request For the voices of the engine.
 *
 * @typedef {Assessment | TrackStatement} Spoken What is spoken: of one image, or over time.
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
  const { level, between, pspi } = statement;
  const isSharing = sayPercent && pspi !== null;
  const parts =
    level === null
      ? [texts.refusal, ...reasonsOf(statement).map((reason) => `${capitalised(reason)}.`)]
      : [texts.spoken[statedName({ level, between })]];
  if (isSharing) parts.push(filled(texts.percent, { percent: wholePercent(scale, pspi) }));
  if (sayAdvice) parts.push(level === null ? texts.advice.refusal : adviceFor({ level, between }));
  const request = {
    level,
    ...(between && { between }),
    pspi,
    percent: isSharing,
    advice: sayAdvice,
    language: code,
  };
  return { text: parts.join(" "), request };
}

/**
 * Return the general advice for a level, as it is spoken; if neither of two is clear, that for the
 * higher one.
 *
 * @param {Stated} statement
 */
export function adviceFor({ level, between }) {
  const { advice, titles } = speechTexts();
  if (!between) return `${advice[level]} ${advice.caution}`;
  const higher = between[1];
  const first = filled(advice.between, { level: titles[higher].toLowerCase() });
  return `${first} ${advice[higher]} ${advice.caution}`;
}

/**
 * Return the sentence of a statement as it is displayed, and read by screen readers.
 *
 * @param {Spoken} statement
 */
export function sentenceOf(statement) {
  const { level, between } = statement;
  if (level !== null) return displayed(speechTexts().sentences[statedName({ level, between })]);
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
