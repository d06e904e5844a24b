// The page's texts: one catalogue for each language, `texts/CODE.json`.

/**
 * A text with values in braces, such as "{count} faces"; with one form for each plural category if it
 * depends on `count`.
 *
 * @typedef {string | Record<string, string>} Text
 *
 * @typedef {object} Catalogue
 * @property {{ code: string, name: string, english_name: string, direction: "ltr" | "rtl" }} language
 * @property {SpeechTexts} speech Texts of the levels, shown and spoken.
 * @property {Record<string, Text>} page Texts by key, such as "upload.choose".
 *
 * @typedef {object} SpeechTexts
 * @property {Record<string, string>} titles By level, by two levels ("none/mild"), and by state.
 * @property {Record<string, string>} sentences By level, and by two levels.
 * @property {Record<string, string>} spoken By level, and by two levels.
 * @property {string} percent With {percent}.
 * @property {string} refusal
 * @property {Record<string, string>} advice By level; "between" with {level}, "refusal" and "caution".
 * @property {Record<string, string>} other-scale Patterns for another scale than PSPI, with {scale},
 *   {level}, {lower}, {higher}, {score}, {low} and {high}.
 */

/** @typedef {Record<string, string | number>} Values */

export const LANGUAGES = /** @type {const} */ (["en", "ar", "de", "es", "fr"]);

const VOWEL_SIGNS = /[\u064b-\u0652]/g; // of Arabic: voices need them, readers do not
/** Attributes of an element with a text each, by the data attribute that has its key. */
const ATTRIBUTES = {
  textLabel: "aria-label",
  textPlaceholder: "placeholder",
  textTitle: "title",
  textAlt: "alt",
};

/** @type {Catalogue} */
let catalogue;
/** @type {Intl.PluralRules} */
let plurals;
/** Ending of the keys that go before those without it; "" if there is none. */
let variant = "";

/**
 * Return the language to begin with: the one in the address (?language=de), or else the first of the
 * browser's languages that there is, or else English.
 *
 * @param {string | null} asked
 * @param {readonly string[]} preferred
 */
export function firstLanguage(asked, preferred) {
  const codes = [asked ?? "", ...preferred].map((tag) => tag.slice(0, 2).toLowerCase());
  return codes.find((code) => isLanguage(code)) ?? "en";
}

/** @param {string} code */
function isLanguage(code) {
  return /** @type {readonly string[]} */ (LANGUAGES).includes(code);
}

/**
 * Fetch the catalogue of a language.
 *
 * @param {string} code One of LANGUAGES.
 * @returns {Promise<Catalogue>}
 */
export async function fetchCatalogue(code) {
  const answer = await fetch(new URL(`texts/${code}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`The texts of the language ${code} cannot be loaded.`);
  return answer.json();
}

/**
 * Use a catalogue from now on.
 *
 * @param {Catalogue} newCatalogue
 */
export function setCatalogue(newCatalogue) {
  catalogue = newCatalogue;
  plurals = new Intl.PluralRules(catalogue.language.code);
}

/** Use the texts for the page on the device, where they differ: those of a key with this ending. */
export function useDeviceTexts() {
  variant = ".on-device";
}

/** Return the language in use. */
export function language() {
  return catalogue.language;
}

/** Return the texts about levels, with the vowel signs that voices need. */
export function speechTexts() {
  return catalogue.speech;
}

/**
 * Return a text of the page.
 *
 * @param {string} key
 * @param {Values} [values] `count` chooses the plural form.
 */
export function t(key, values = {}) {
  const text = catalogue.page[key + variant] ?? catalogue.page[key];
  if (text === undefined) throw new Error(`There is no text ${key}.`);
  const form = typeof text === "string" ? text : pluralForm(text, Number(values.count));
  return filled(form, values);
}

/**
 * Return whether there is a text with a key.
 *
 * @param {string} key
 */
export function hasText(key) {
  return key in catalogue.page;
}

/**
 * @param {Record<string, string>} forms
 * @param {number} count
 */
function pluralForm(forms, count) {
  return forms[plurals.select(count)] ?? forms.other;
}

/**
 * Return a text with its values. Numbers are written as is usual in the language.
 *
 * @param {string} text
 * @param {Values} values
 */
export function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    if (!(name in values)) throw new Error(`The text "${text}" needs the value ${name}.`);
    const value = values[name];
    return typeof value === "number" ? number(value) : value;
  });
}

/**
 * Return a number as it is written in the language.
 *
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options]
 */
export function number(value, options) {
  return value.toLocaleString(catalogue.language.code, options);
}

/**
 * Return a share from 0 to 1 as whole percent, such as "81 %".
 *
 * @param {number} share
 */
export function percent(share) {
  return number(share, { style: "percent" });
}

/**
 * Return a title of a level, two levels or a state, as it is displayed.
 *
 * @param {string} name Such as "mild", "none/mild" or "not-in-view".
 */
export function title(name) {
  return displayed(catalogue.speech.titles[name]);
}

/**
 * Return a text as it is displayed, without vowel signs.
 *
 * @param {string} text
 */
export function displayed(text) {
  return text.replace(VOWEL_SIGNS, "");
}

/**
 * Write the texts of all elements in `root` that name one: `data-text` for the content,
 * `data-text-label` for aria-label, and so on; and the language of the document.
 *
 * @param {ParentNode} root
 */
export function applyTexts(root) {
  document.documentElement.lang = catalogue.language.code;
  document.documentElement.dir = catalogue.language.direction;
  const names = ["text", ...Object.keys(ATTRIBUTES)];
  const selector = names.map((name) => `[data-${kebab(name)}]`).join();
  for (const element of root.querySelectorAll(selector)) {
    const { dataset } = /** @type {HTMLElement} */ (element);
    if (dataset.text) element.textContent = t(dataset.text);
    for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
      const key = dataset[name];
      if (key) element.setAttribute(attribute, t(key));
    }
  }
}

/** @param {string} name Such as textLabel. */
function kebab(name) {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
