// The choice of the page's language.

/** @import { State } from "../state.js" */

import { language } from "../texts.js";

/**
 * Connect the select element.
 *
 * @param {HTMLSelectElement} select
 * @param {{ code: string, name: string, direction: string }[]} languages
 * @param {(code: string) => void} onChoose
 */
export function createLanguageChoice(select, languages, onChoose) {
  select.replaceChildren(
    ...languages.map(({ code, name, direction }) => {
      const option = new Option(name, code);
      option.lang = code;
      option.dir = direction;
      return option;
    }),
  );
  select.addEventListener("change", () => onChoose(select.value));
  /** @param {State} state */
  return (state) => {
    const { code } = state.language ? { code: state.language } : language();
    if (select.value !== code) select.value = code;
  };
}
