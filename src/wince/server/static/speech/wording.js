// The language of the results: its texts, shown with their lang and dir attributes.

/** @import { Language, Level, Scale, SpeechRequest, Wording } from "../types.js" */

import { wholePercent } from "../levels.js";

/** @typedef {{ text: string, request: SpeechRequest }} Speech For the browser's voice, and for the server's. */
/** @typedef {ReturnType<typeof createLanguages>} Languages */

/**
 * Return the languages. The address of the page can choose one (?language=de), for bookmarks.
 *
 * @param {Scale} scale Contains every text; English is first.
 */
export function createLanguages(scale) {
  const english = scale.languages[0];
  let current = byCode(new URLSearchParams(location.search).get("language"));
  /** @type {(() => void)[]} */
  const listeners = [];

  /**
   * @param {string | null} code
   * @returns {Language}
   */
  function byCode(code) {
    return scale.languages.find((language) => language.code === code) ?? english;
  }

  /**
   * Return the language and the sentence of a statement. What has no translation stays English.
   *
   * @param {Wording} statement
   * @returns {{ language: Language, sentence: string, spoken: string }}
   */
  function textsOf({ level, between, sentence }) {
    if (level === null && current !== english) {
      return {
        language: current,
        sentence: current.refused,
        spoken: current.refused_spoken,
      };
    }
    const standard = level !== null && textsFor(english, level, between)?.sentence === sentence;
    const translated = standard ? textsFor(current, level, between) : undefined;
    if (!translated) return { language: english, sentence, spoken: sentence };
    return { language: current, sentence: translated.sentence, spoken: translated.spoken };
  }

  /**
   * @param {HTMLElement} element
   * @param {Language} language
   * @param {string} text
   */
  function show(element, language, text) {
    element.textContent = text;
    if (language === english) {
      element.removeAttribute("lang");
      element.removeAttribute("dir");
    } else {
      element.lang = language.code;
      element.dir = language.direction;
    }
  }

  return {
    all: scale.languages,
    current: () => current,
    /**
     * Choose a language.
     *
     * @param {string} code
     */
    choose(code) {
      current = byCode(code);
      for (const listener of listeners) listener();
    },
    /**
     * Call a function after each choice.
     *
     * @param {() => void} listener
     */
    onChange: (listener) => listeners.push(listener),
    /**
     * Show a level's title in an element.
     *
     * @param {HTMLElement} element
     * @param {Level} level
     */
    showTitle: (element, level) => show(element, current, textsFor(current, level)?.title ?? ""),
    /**
     * Show the title of a statement in an element: its level, or both levels if neither is clear.
     *
     * @param {HTMLElement} element
     * @param {{ level: Level, between?: [Level, Level] | null }} statement
     */
    showStatedTitle(element, { level, between }) {
      show(element, current, textsFor(current, level, between)?.title ?? "");
    },
    /**
     * Show the title of a statement over time that is not a level in an element.
     *
     * @param {HTMLElement} element
     * @param {import("../types.js").StateKind} kind
     */
    showState: (element, kind) => show(element, current, current.states[kind]),
    /**
     * Show a statement's sentence in an element.
     *
     * @param {HTMLElement} element
     * @param {Wording} statement
     */
    showSentence(element, statement) {
      const { language, sentence } = textsOf(statement);
      show(element, language, sentence);
    },
    /**
     * Return what to speak about a statement: the sentence and, if wanted, percent and advice.
     *
     * @param {Wording} statement
     * @param {{ percent: boolean, advice: boolean }} options
     * @returns {Speech}
     */
    speechFor(statement, { percent, advice }) {
      const { language, spoken } = textsOf(statement);
      const { level, between, pspi } = statement;
      const withPercent = percent && pspi !== null;
      const withAdvice = advice && language.advice;
      const share = pspi === null ? "" : String(wholePercent(scale, pspi));
      const parts = [
        spoken,
        ...(withPercent ? [language.percent.replace("{percent}", share)] : []),
        ...(withAdvice ? [statement.advice] : []),
      ];
      const request = {
        level,
        ...(between && { between }),
        pspi,
        percent: withPercent,
        advice: withAdvice,
        language: language.code,
      };
      return { text: parts.join(" "), request };
    },
  };
}

/**
 * Return the texts for a level, or for two levels of which neither is clear.
 *
 * @param {Language} language
 * @param {Level} level
 * @param {[Level, Level] | null} [between]
 */
function textsFor(language, level, between) {
  if (!between) return language.levels.find(({ name }) => name === level);
  return language.between.find(({ levels }) => levels[0] === between[0]);
}
