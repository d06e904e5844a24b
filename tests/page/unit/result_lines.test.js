import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  CERTAINTY,
  remarks,
  resultLines,
} from "../../../src/wince/server/static/parts/result_lines.js";
import { adviceFor } from "../../../src/wince/server/static/speech/wording.js";
import { setCatalogue } from "../../../src/wince/server/static/texts.js";

const texts = new URL("../../../src/wince/texts/en.json", import.meta.url);
setCatalogue(JSON.parse(readFileSync(texts, "utf8")));

const LEVELS = ["none", "mild", "moderate", "severe"];
const CUTS = [0, 0.5, 5.5, 10.5];
const scale = {
  name: "PSPI",
  minimum: 0,
  maximum: 16,
  unit: "points",
  decimals: 1,
  levels: LEVELS.map((name, index) => ({
    name,
    from_score: CUTS[index],
    to_score: CUTS[index + 1] ?? 16,
  })),
};

function assessment(changes = {}) {
  return {
    level: "moderate",
    between: null,
    score: 7.2,
    interval: [4.1, 10.6],
    confidence: 0.81,
    level_probabilities: { none: 0.01, mild: 0.1, moderate: 0.81, severe: 0.08 },
    quality: { reasons: {}, warnings: [] },
    ...changes,
  };
}

const lines = (changes) => resultLines(scale, { assessment: assessment(changes) });

test("a clear level is stated with its score, its range, its probability and a next step", () => {
  const { kind, level, title, score, range, certainty, next } = lines();
  assert.deepEqual([kind, level, title], ["level", "moderate", "Moderate"]);
  assert.equal(score, "PSPI 7 of 16");
  assert.equal(range, "probably 4 to 11");
  assert.equal(certainty, "Quite sure (81%)");
  assert.equal(next, "Tell the nurse or carer in charge.");
});

test("the words of certainty follow the shown percentage", () => {
  const shares = { none: 0.05, mild: 0.3, moderate: 0.6, severe: 0.05 };
  const word = (confidence, between = null) =>
    lines({ confidence, between, level_probabilities: { ...shares, moderate: confidence } })
      .certainty;
  assert.deepEqual(CERTAINTY, { quite: 75, fairly: 50 });
  assert.equal(word(0.9955), "Quite sure (> 99%)");
  assert.equal(word(0.746), "Quite sure (75%)"); // it says 75, and is worded so
  assert.equal(word(0.744), "Fairly sure (74%): could also be mild");
  assert.equal(word(0.5), "Fairly sure (50%): could also be mild");
  assert.equal(word(0.49), "Unsure (49%): could also be mild");
});

test("between two levels the other one of the two is named, and the higher one decides what to do", () => {
  for (const [level, other] of [
    ["mild", "moderate"],
    ["moderate", "mild"],
  ]) {
    const { title, certainty, next } = lines({
      level,
      between: ["mild", "moderate"],
      score: level === "mild" ? 5.3 : 5.6,
      confidence: 0.44,
      level_probabilities: { none: 0.01, mild: 0.44, moderate: 0.44, severe: 0.11 },
    });
    assert.equal(title, "Between mild and moderate");
    assert.equal(certainty, `Unsure (44%): could also be ${other}`);
    assert.equal(next, "Tell the nurse or carer in charge.");
  }
});

test("the whole points lie in the level beside them", () => {
  for (let score = 0; score <= 16; score += 0.01) {
    const level = LEVELS[CUTS.findLastIndex((cut) => score >= cut)];
    const whole = Number(lines({ level, score, interval: [score, score] }).score.match(/\d+/)[0]);
    assert.equal(LEVELS[CUTS.findLastIndex((cut) => whole >= cut)], level, `${score}: ${whole}`);
  }
});

test("warnings are named beside the certainty, two of them at most", () => {
  const codes = ["small", "blurred", "dark"];
  const quality = { reasons: {}, warnings: ["A", "B", "C"], warning_codes: codes };
  const { certainty } = lines({ quality });
  assert.equal(certainty, "Quite sure (81%). Less reliable: small face, blurred.");
});

const UNJUDGED = { level: null, score: null, interval: null, confidence: null };

test("an image that cannot be judged has its reason, what to do, and no number", () => {
  const quality = {
    reasons: { "mouth-covered": "English.", dark: "English too." },
    warnings: [],
    values: { dark: { contrast: 9, needed: 35 } },
  };
  const source = { assessment: assessment({ ...UNJUDGED, quality }) };
  const { kind, level, title, score, range, certainty, next } = resultLines(scale, source);
  assert.deepEqual([kind, level], ["cannot-tell", null]);
  assert.equal(title, "Cannot tell: mouth covered");
  assert.equal(certainty, "Also: too dark.");
  assert.match(next, /^Uncover the mouth/);
  assert.doesNotMatch(score + range, /\d/);
  assert.deepEqual(remarks(source), [
    "The mouth seems to be covered. Uncover the mouth if that may be done; otherwise watch other signs.",
    "The face is dark: 9 steps of grey lie between its dark and bright parts, 35 or more are needed. " +
      "Put light on the face.",
  ]);
});

test("a reason without its numbers, or that is not known, keeps its English sentence", () => {
  const reasons = { small: "The face is small.", novel: "Something new." };
  const source = { assessment: assessment({ ...UNJUDGED, quality: { reasons, warnings: [] } }) };
  assert.deepEqual(remarks(source), ["The face is small.", "Something new."]);
  assert.equal(resultLines(scale, source).certainty, "Also: novel.");
});

const stated = (kind, age = null, reasons = {}) => ({
  assessment: assessment(),
  track: { statement: { kind, level: null, score: null, age, reasons }, score: null },
});

test("states over time have no score, and the age of the last one", () => {
  const changing = resultLines(scale, stated("changing"));
  assert.equal(changing.title, "Changing");
  assert.doesNotMatch(Object.values(changing).join(" "), /\d/);
  const absent = resultLines(scale, stated("not-in-view", 18.4));
  assert.deepEqual([absent.title, absent.score], ["Not in view", "Last judged 0:18 ago"]);
  const never = resultLines(scale, stated("not-in-view"));
  assert.equal(never.score, "No face could be judged yet");
  const covered = resultLines(scale, stated("cannot-tell", 3, { "eyes-covered": "x" }));
  assert.equal(covered.title, "Cannot tell: eyes covered");
});

test("a problem stands before everything else, and without a result there is none", () => {
  const problem = { code: "no-face", values: {}, detail: "" };
  const { kind, problem: text, score } = resultLines(scale, { assessment: assessment(), problem });
  assert.deepEqual([kind, score], ["problem", ""]);
  assert.match(text, /^No face was found/);
  assert.equal(resultLines(scale, { assessment: null }).title, "No result yet");
});

test("the advice is that of the level, or of the higher one of two", () => {
  const caution = "This reads an expression; it is not a diagnosis.";
  const advice = adviceFor(scale, { level: "mild" });
  assert.ok(advice.startsWith("Ask the person how they feel"));
  assert.ok(advice.endsWith(caution));
  assert.equal(
    adviceFor(scale, { level: "none", between: ["none", "mild"] }),
    `It may be mild; act as for that level. ${advice}`,
  );
});
