// The language that a result is said in: its words, marked with lang and dir where they are shown.

/** Return the languages. facts: from /v1/scale, which has every text; English is first. */
export function createLanguages(facts) {
  const english = facts.languages[0];
  const asked = new URLSearchParams(location.search).get("language"); // so that it can be bookmarked
  let current = find(asked) ?? english;
  const listeners = [];

  function find(code) {
    return facts.languages.find((one) => one.code === code);
  }

  function wordsOf(language, name) {
    return language.levels.find((level) => level.name === name);
  }

  /** Return the language and the words for an assessment; what has no translation stays English. */
  function ofAssessment({ level, sentence }) {
    if (level === null && current !== english) {
      return [current, { sentence: current.refused, spoken: current.refused_spoken }];
    }
    const usual = wordsOf(english, level)?.sentence === sentence;
    return usual ? [current, wordsOf(current, level)] : [english, { sentence, spoken: sentence }];
  }

  function put(element, language, text) {
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
    all: facts.languages,
    current: () => current,
    /** Choose a language by its code, and tell everybody who shows words of it. */
    choose(code) {
      current = find(code) ?? english;
      for (const listener of listeners) listener(current);
    },
    /** Call `listener` after each choice. */
    onChange: (listener) => listeners.push(listener),
    /** Put a level's word into an element. */
    putTitle: (element, name) => put(element, current, wordsOf(current, name)?.title ?? ""),
    /** Put an assessment's sentence into an element. */
    putSentence(element, assessment) {
      const [language, words] = ofAssessment(assessment);
      put(element, language, words.sentence);
    },
    /**
     * Return what is said about an assessment: the sentence, and on demand percent and advice; as
     * text for the browser's voice, and as the request (wanted) for the other.
     */
    wordsFor(assessment, { percent, advice }) {
      const [language, words] = ofAssessment(assessment);
      const { level, pspi } = assessment;
      const share = Math.round((100 * pspi) / facts.maximum);
      const parts = [words.spoken];
      if (percent && level) parts.push(language.percent.replace("{percent}", share));
      const advised = advice && language.advice;
      if (advised) parts.push(assessment.advice);
      const wanted = { level, pspi, percent: percent && level !== null, advice: advised, language: language.code };
      return { text: parts.join(" "), wanted };
    },
  };
}
