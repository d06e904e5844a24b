// Changing the language: without its texts the page keeps the one that it has, and says so.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { createStore, initialState } from "../../../src/wince/server/static/state.js";
import { language, setCatalogue } from "../../../src/wince/server/static/texts.js";

globalThis.document = { documentElement: {}, querySelectorAll: () => [] };
const { LANGUAGE_FAILED, createLanguageFlow } =
  await import("../../../src/wince/server/static/flows/language.js");

const FOLDER = new URL("../../../src/wince/texts/", import.meta.url);
const read = (code) => JSON.parse(readFileSync(new URL(`${code}.json`, FOLDER), "utf8"));

test("a language whose texts cannot be loaded leaves the old one, and the page says so", async (context) => {
  setCatalogue(read("en"));
  const store = createStore(initialState("en"), () => {});
  let changes = 0;
  const choose = createLanguageFlow(store, () => (changes += 1));
  let fetched = () => Promise.reject(new TypeError("no network"));
  context.mock.method(globalThis, "fetch", () => fetched());
  for (const failure of [fetched, async () => ({ ok: false })]) {
    fetched = failure;
    store.update({ hint: null });
    await choose("de");
    assert.equal(store.get().hint, LANGUAGE_FAILED);
    assert.deepEqual([store.get().language, language().code, changes], ["en", "en", 0]);
  }
  fetched = async () => ({ ok: true, json: () => read("de") });
  await choose("de");
  assert.equal(store.get().hint, null);
  assert.deepEqual([store.get().language, language().code, changes], ["de", "de", 1]);
});
