// Changing the language of the page while it runs.

/** @import { Store } from "../state.js" */

import { applyTexts, fetchCatalogue, setCatalogue } from "../texts.js";

/**
 * Return a function that changes the language.
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
    const catalogue = await fetchCatalogue(code);
    if (choice !== choices) return;
    setCatalogue(catalogue);
    applyTexts(document);
    store.update({ language: code });
    store.updatePart("settings", { voice: "" }); // a voice belongs to one language
    onChange();
  };
}
