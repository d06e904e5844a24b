import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  LANGUAGES,
  applyTexts,
  displayed,
  fetchCatalogue,
  filled,
  firstLanguage,
  hasText,
  language,
  number,
  percent,
  setCatalogue,
  t,
  title,
  useDeviceTexts,
} from "../../../src/wince/server/static/texts.js";

const FOLDER = new URL("../../../src/wince/texts/", import.meta.url);
const read = (code) => JSON.parse(readFileSync(new URL(`${code}.json`, FOLDER), "utf8"));

/** Use a catalogue with these texts of the page. */
function use(code, page = {}) {
  setCatalogue({ ...read(code), page });
}

test("the language is that of the address, then of the browser, then English", () => {
  assert.equal(firstLanguage("de", ["fr"]), "de");
  assert.equal(firstLanguage("xx", ["it", "es-MX", "fr"]), "es");
  assert.equal(firstLanguage(null, ["AR-eg"]), "ar");
  assert.equal(firstLanguage("", []), "en");
});

test("a text has its values, and numbers as the language writes them", () => {
  use("de", { size: "{name}: {width} von {needed}" });
  assert.equal(
    t("size", { name: "{width}", width: 1234.5, needed: "9" }),
    "{width}: 1.234,5 von 9",
  );
  assert.equal(filled("{name}", { name: "$&" }), "$&");
});

test("a missing text or value is an error", () => {
  use("en", { greeting: "Hello {name}" });
  assert.throws(() => t("farewell"), /no text farewell/);
  assert.throws(() => t("greeting", { nam: "x" }), /needs the value name/);
  assert.ok(hasText("greeting"));
  assert.ok(!hasText("farewell"));
});

test("the plural form follows the rules of the language", () => {
  const forms = { zero: "0", one: "1", two: "2", few: "f", many: "m", other: "o" };
  const chosen = (counts) => counts.map((count) => t("faces", { count })).join("");
  use("ar", { faces: forms });
  assert.equal(chosen([0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 1.5]), "012ffmmoofo");
  use("en", { faces: forms });
  assert.equal(chosen([0, 1, 2, 21]), "o1oo");
  use("fr", { faces: forms });
  assert.equal(chosen([0, 1, 1.5, 2]), "111o");
});

test("a form that a text does not have is the form for other numbers", () => {
  use("fr", { faces: { one: "{count} visage", other: "{count} visages" } });
  assert.equal(t("faces", { count: 1e6 }).replace(/\s/g, ""), "1000000visages");
});

test("each text has every plural form that its language needs", () => {
  // Up to the frames of twelve hours, and a fraction.
  const counts = [...Array(201).keys(), 1000, 648_000, 0.5, 2.5];
  for (const code of LANGUAGES) {
    const { page } = read(code);
    const rules = new Intl.PluralRules(code);
    const needed = [...new Set(counts.map((count) => rules.select(count)))].sort();
    const plurals = Object.entries(page).filter(([, text]) => typeof text !== "string");
    assert.ok(plurals.length > 0);
    for (const [key, forms] of plurals) {
      assert.deepEqual(Object.keys(forms).sort(), needed, `${code}: ${key}`);
    }
  }
});

test("numbers and percent are written as in the language", () => {
  use("de");
  assert.equal(number(0.5), "0,5");
  assert.equal(percent(0.814).replace(/\s/, " "), "81 %");
  use("en");
  assert.equal(percent(0.814), "81%");
  assert.equal(number(2 / 3, { maximumFractionDigits: 1 }), "0.7");
});

test("titles are displayed without vowel signs", () => {
  use("ar");
  assert.equal(title("severe"), "شديد");
  assert.equal(displayed("خَفِيف"), "خفيف");
  use("en");
  assert.equal(title("none/mild"), "Between no pain expression and mild");
});

test("texts are written into elements and attributes, and the document gets the language", (context) => {
  const element = (dataset) => ({
    dataset,
    attributes: {},
    textContent: "kept",
    setAttribute(name, value) {
      this.attributes[name] = value;
    },
  });
  const root = { lang: "en", dir: "ltr" };
  globalThis.document = { documentElement: root };
  context.after(() => delete globalThis.document);
  const button = element({ text: "save" });
  const input = element({ textLabel: "name", textPlaceholder: "example" });
  const image = element({ textAlt: "photo", textTitle: "name" });
  let selector = "";
  use("ar", { save: "حفظ", name: "الاسم", example: "مثال", photo: "صورة" });
  applyTexts({
    querySelectorAll(asked) {
      selector = asked;
      return [button, input, image];
    },
  });
  assert.deepEqual([button.textContent, button.attributes], ["حفظ", {}]);
  assert.equal(input.textContent, "kept");
  assert.deepEqual(input.attributes, { "aria-label": "الاسم", placeholder: "مثال" });
  assert.deepEqual(image.attributes, { alt: "صورة", title: "الاسم" });
  assert.match(selector, /\[data-text\].*\[data-text-label\].*\[data-text-alt\]/);
  assert.deepEqual(root, { lang: "ar", dir: "rtl" });
  assert.equal(language().english_name, "Arabic");
});

test("a catalogue is fetched beside the scripts, and its absence is an error", async (context) => {
  const answers = { "de.json": { ok: true, json: () => read("de") } };
  const fetch = context.mock.method(globalThis, "fetch", async (url) => {
    return answers[url.pathname.split("/").at(-1)] ?? { ok: false };
  });
  assert.equal((await fetchCatalogue("de")).language.code, "de");
  assert.match(fetch.mock.calls[0].arguments[0].pathname, /static\/texts\/de\.json$/);
  await assert.rejects(fetchCatalogue("fr"), /fr cannot be loaded/);
});

test("the page on the device has texts of its own where they differ", () => {
  use("en", { "a.b": "server", "a.b.on-device": "device", "a.c": "both" });
  assert.equal(t("a.b"), "server");
  useDeviceTexts();
  assert.deepEqual([t("a.b"), t("a.c")], ["device", "both"]);
});
