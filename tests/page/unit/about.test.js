import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  connectCard,
  errorRows,
  paragraphs,
} from "../../../src/wince/server/static/parts/about.js";
import { UserError } from "../../../src/wince/server/static/errors.js";
import { LANGUAGES, setCatalogue } from "../../../src/wince/server/static/texts.js";

const SOURCE = new URL("../../../src/wince/", import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, SOURCE), "utf8"));
const MODEL = read("models/starter/model.json");

test("the numbers about errors are those of the packaged model's manifest", () => {
  setCatalogue(read("texts/en.json"));
  const { all, calibration, levels } = MODEL.figures;
  const rows = errorRows(MODEL);
  assert.deepEqual(
    rows.map(([value]) => value),
    [
      all.mae.toFixed(1),
      `${Math.round(100 * calibration.accuracy)}%`,
      `${Math.round(100 * calibration.interval_coverage)}%`,
      `${Math.round(100 * (1 - levels.grimaces.none))}%`,
    ],
  );
  const { moderate, severe } = levels.grimaces;
  assert.match(
    rows[3][1],
    new RegExp(`${Math.round(100 * (moderate + severe))}% at least moderate`),
  );
});

test("the paragraphs have the numbers of the manifest in each language", () => {
  for (const code of LANGUAGES) {
    setCatalogue(read(`texts/${code}.json`));
    const { learned, measured, severe } = paragraphs(MODEL);
    const digits = (text) => text.replace(/\D/g, "");
    const { faces, subjects, faces_rated_once: more } = MODEL.trained_on;
    assert.equal(digits(learned), `${faces}${subjects}${more}`, code);
    assert.equal(digits(measured), `${faces}`, code);
    assert.match(severe, new RegExp(`${MODEL.figures.levels.severe.faces}`), code);
    assert.equal(errorRows(MODEL).length, 4);
  }
});

test("a model card that is opened again while it loads is fetched once", async () => {
  globalThis.HTMLElement = class extends EventTarget {
    hidden = true;
    nodes = [];
    hasChildNodes = () => this.nodes.length > 0;
    replaceChildren = (...nodes) => (this.nodes = nodes);
  };
  globalThis.HTMLDetailsElement = class extends HTMLElement {
    open = true;
  };
  const [fold, problem, card] = [new HTMLDetailsElement(), new HTMLElement(), new HTMLElement()];
  const parts = { ".fold": fold, ".about-card-problem": problem, ".model-card": card };
  const requests = [];
  connectCard(
    { querySelector: (selector) => parts[selector] },
    () => new Promise((resolve, reject) => requests.push({ resolve, reject })),
  );
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const toggle = () => fold.dispatchEvent(new Event("toggle"));
  toggle();
  toggle();
  assert.equal(requests.length, 1);
  requests[0].reject(new UserError("no-server"));
  await settled();
  assert.equal(problem.hidden, false);
  toggle();
  requests[1].resolve(["the card"]);
  await settled();
  assert.deepEqual([problem.hidden, card.nodes], [true, ["the card"]]);
});
