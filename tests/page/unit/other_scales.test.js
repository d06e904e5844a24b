// Scores on another scale than PSPI: a scale with three levels, and one without levels.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { afterEach } from "node:test";

import {
  levelWord,
  shapeName,
  shownScore,
  statedTitle,
  useScale,
  wholePercent,
} from "../../../src/wince/server/static/levels.js";
import { resultLines } from "../../../src/wince/server/static/parts/result_lines.js";
import { csvFile, sessionData } from "../../../src/wince/server/static/session/export.js";
import { createSession } from "../../../src/wince/server/static/session/session.js";
import { sentenceOf, speechFor } from "../../../src/wince/server/static/speech/wording.js";
import { setCatalogue } from "../../../src/wince/server/static/texts.js";

const QUIET = { sayPercent: false, sayAdvice: false };
const NRS = {
  name: "NRS",
  minimum: 0,
  maximum: 10,
  unit: "points",
  decimals: 1,
  levels: [
    { name: "low", from_score: 0, to_score: 3.5 },
    { name: "middling", from_score: 3.5, to_score: 6.5 },
    { name: "high", from_score: 6.5, to_score: 10 },
  ],
};
const VAS = { name: "VAS", minimum: 0, maximum: 100, unit: "mm", decimals: 0, levels: [] };
const GRADE = { ...VAS, name: "Grade", minimum: 1, maximum: 5, decimals: 2 };

function catalogue(code) {
  const url = new URL(`../../../src/wince/texts/${code}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8"));
}

function begin(scale, code = "en") {
  setCatalogue(catalogue(code));
  useScale(scale);
}

afterEach(() => begin(null));

function statement(score, level = null, members = {}) {
  return {
    kind: level === null ? "score" : "level",
    pspi: null,
    score,
    level,
    between: null,
    interval: [score - 1, score + 1],
    level_probabilities: level && { low: 0.1, middling: 0.8, high: 0.1 },
    confidence: level && 0.8,
    reasons: {},
    quality: { reasons: {}, warnings: [] },
    age: 0,
    announced: false,
    ...members,
  };
}

const lines = (scale, ...values) => resultLines(scale, { assessment: statement(...values) });

test("a level of another scale has its own name, and a shape by its order", () => {
  begin(NRS);
  assert.deepEqual(["low", "middling", "high"].map(shapeName), ["none", "moderate", "severe"]);
  assert.equal(levelWord("middling"), "middling");
  assert.equal(
    statedTitle({ level: "low", between: ["low", "middling"] }),
    "Between low and middling",
  );
  const { kind, title, score, range, certainty, next } = lines(NRS, 5.2, "middling");
  assert.deepEqual(
    [kind, title, score, range],
    ["level", "Middling", "NRS 5.2 of 10", "probably 4.2 to 6.2"],
  );
  assert.equal(certainty, "Quite sure (80%)");
  assert.equal(next, "Ask the person, if they can answer.");
});

test("a score without levels is stated with its range alone", () => {
  begin(VAS);
  const { kind, level, title, score, range, certainty } = lines(VAS, 34.4);
  assert.deepEqual([kind, level, title, score], ["score", null, "VAS 34 of 100", ""]);
  assert.equal(range, "probably 33 to 35");
  assert.equal(certainty, "An estimate from the face");
  assert.equal(lines(GRADE, 2.5).title, "Grade 2.50, from 1 to 5");
  assert.equal(
    resultLines(VAS, { assessment: statement(null, null, { kind: "cannot-tell" }) }).kind,
    "cannot-tell",
  );
});

test("a shown score is in its own level, and a percentage is of the range", () => {
  assert.equal(shownScore(NRS, 3.49), "3.4");
  assert.equal(shownScore(NRS, 3.5), "3.5");
  assert.equal(wholePercent(NRS, 3.5), 35);
  assert.equal(wholePercent(GRADE, 2), 25);
});

test("what is spoken names the scale, in each language", () => {
  const spoken = {
    en: [
      "Estimated level on the scale NRS: high.",
      "Estimated score on the scale VAS, from 0 to 100: 34.",
    ],
    de: [
      "Geschätzte Stufe auf der Skala NRS: high.",
      "Geschätzter Wert auf der Skala VAS, von 0 bis 100: 34.",
    ],
    es: [
      "Nivel estimado en la escala NRS: high.",
      "Puntuación estimada en la escala VAS, de 0 a 100: 34.",
    ],
    fr: [
      "Niveau estimé sur l’échelle NRS : high.",
      "Score estimé sur l’échelle VAS, de 0 à 100 : 34.",
    ],
  };
  for (const [code, [level, score]] of Object.entries(spoken)) {
    begin(NRS, code);
    assert.equal(speechFor(NRS, statement(8, "high"), QUIET).text, level);
    begin(VAS, code);
    const speech = speechFor(VAS, statement(34.4), QUIET);
    assert.equal(speech.text, score);
    assert.deepEqual([speech.request.level, speech.request.score], [null, 34.4]);
  }
  begin(VAS, "ar");
  assert.match(speechFor(VAS, statement(34.4), QUIET).text, /VAS.*34/);
  assert.doesNotMatch(sentenceOf(VAS, statement(34.4)), /[\u064b-\u0652]/);
});

const FACTS = {
  label: "bed 4",
  activity: "rest",
  source: "camera",
  isRecording: false,
  start: Date.UTC(2026, 2, 1),
  model: { name: "m", version: "1" },
  settings: { smoothing: 0.05, hold: 1, margin: 1.2 },
};

function answer(score, level) {
  const { kind, ...image } = statement(score, level);
  const face = { box: [1, 2, 3, 4], yaw: 0, pitch: 0, roll: 0 };
  return {
    assessment: { ...image, action_units: null, face },
    isAbsent: false,
    track: { statement: { kind, ...image }, score: { score }, eyes: null },
    person: 1,
    persons: [],
  };
}

test("the files of a session have a score and the scale, and no PSPI", async () => {
  for (const [scale, level] of [
    [NRS, "middling"],
    [VAS, null],
  ]) {
    const session = createSession({ ...FACTS, scale });
    [4, 6, 5].forEach((score, second) =>
      session.add(answer(score, level), FACTS.start + 1000 * second),
    );
    const [header, ...rows] = (await (await csvFile(session)).text()).trimEnd().split("\r\n");
    assert.doesNotMatch(header, /pspi|AU4/);
    const columns = header.split(",");
    const cells = Object.fromEntries(
      columns.map((name, index) => [name, rows[1].split(",")[index]]),
    );
    assert.deepEqual([cells.score, cells.filtered_score, cells.track_score], ["6", "6", "6"]);
    assert.deepEqual([cells.scale, cells.track_level], [scale.name, level ?? ""]);
    const data = sessionData(session);
    assert.doesNotMatch(JSON.stringify(data), /pspi/i);
    assert.deepEqual(data.peak, { score: 6, seconds: 1 });
    assert.equal(data.scale.name, scale.name);
    assert.equal(data.seconds.scored, level === null ? 2 : 0);
    assert.deepEqual(data.seconds.levels, level === null ? {} : { low: 0, middling: 2, high: 0 });
  }
});
