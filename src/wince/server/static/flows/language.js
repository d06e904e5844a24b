// Changing the language of the page while it runs.

/** @import { Store } from "../state.js" */

import { applyTexts, fetchCatalogue, setCatalogue } from "../texts.js";

/** The texts of a language could not be loaded. */
export const LANGUAGE_FAILED = {
  code: "language-failed",
  values: {},
  detail: "",
  isWarning: true,
};

/**
 * Return a function that changes the language. If its texts cannot be loaded, the page says so in the
 * language that it has.
 *
 * @param {Store} store
 * @param {() => void} onChange Called when the texts are in the new language.
 */
export function createLanguageFlow(store, onChange) {
  let choices = 0; // counts them, so that a late catalogue is recognised
  /** @param {string} code */
  return async (code) => {
    choices += 1;
    const choice = choices;
    const catalogue = await fetchCatalogue(code).catch(() => null);
    if (choice !== choices) return;
    if (!catalogue) return store.update({ hint: LANGUAGE_FAILED });
    if (store.get().hint === LANGUAGE_FAILED) store.update({ hint: null });
    setCatalogue(catalogue);
    applyTexts(document);
    store.update({ language: code });
    store.updatePart("settings", { voice: "" }); // a voice belongs to one language
    onChange();
  };
}
