import assert from "node:assert/strict";
import test from "node:test";

import { createSample } from "../../../src/wince/server/static/flows/check.js";

let encoded = 0;
const picture = { region: [0, 0, 9, 9], toJpeg: async () => (encoded += 1) };
const judged = (score) => ({
  assessment: { level: "mild", score, quality: { reasons: {} } },
  isAbsent: false,
  picture,
});
const refused = (reason) => ({
  assessment: { level: null, score: null, quality: { reasons: { [reason]: "…" } } },
  isAbsent: false,
});
const ABSENT = { assessment: null, isAbsent: true };
const FINDING = { assessment: null, isAbsent: false };

function resultOf(...answers) {
  const sample = createSample();
  for (const answer of answers) sample.add(answer);
  return sample.result();
}

test("the result is the frame with the middle score", () => {
  const result = resultOf(...[9, 2, 3, 14, 4].map(judged));
  assert.equal(result.assessment.score, 4);
});

test("the image of a judged frame is encoded once, when it comes", async () => {
  encoded = 0;
  const result = resultOf(...[2, 2, 2, 2, 2].map(judged));
  assert.equal(encoded, 5);
  assert.deepEqual(result.picture.region, picture.region);
  await result.picture.toJpeg();
  await result.picture.toJpeg();
  assert.equal(encoded, 5);
});

test("frames that only find faces do not count", () => {
  const result = resultOf(...[1, 2, 3, 4, 5].map(judged), ...Array(40).fill(FINDING));
  assert.equal(result.assessment.score, 3);
});

test("without a judged face in half of the frames the commonest reason is told", () => {
  const some = [1, 2, 3, 4, 5].map(judged);
  const many = [...Array(5).fill(refused("mouth-covered")), ABSENT];
  assert.equal(resultOf(...some, ...many).code, "check-mouth-covered");
  assert.equal(resultOf(ABSENT, ABSENT, refused("dark")).code, "check-not-in-view");
});

test("too few frames are no result", () => {
  assert.equal(resultOf().code, "check-too-few");
  assert.equal(resultOf(...[1, 2, 3, 4].map(judged)).code, "check-too-few");
  assert.equal(resultOf(...[1, 2, 3, 4].map(judged), refused("dark")).assessment.score, 3);
});

test("a sample ends after three seconds, or later if there are too few frames", () => {
  const sample = createSample();
  assert.ok(!sample.isComplete(3));
  assert.ok(sample.isComplete(10));
  for (const score of [1, 2, 3, 4, 5]) sample.add(judged(score));
  assert.ok(!sample.isComplete(2.9));
  assert.ok(sample.isComplete(3));
});
