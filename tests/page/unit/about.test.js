import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { errorRows, paragraphs } from "../../../src/wince/server/static/parts/about.js";
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
