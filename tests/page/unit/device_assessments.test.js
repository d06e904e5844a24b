// The engine on the device assesses images and the frames of a camera as Python does, from pixels on,
// by the vectors that it wrote.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { createDetector } from "../../../src/wince/server/static/engine/device/faces/network.js";
import { LiveFrames } from "../../../src/wince/server/static/engine/device/live_frames.js";
import { openSession } from "../../../src/wince/server/static/engine/device/onnx_session.js";
import {
  BILINEAR,
  fromRgba,
  resize,
} from "../../../src/wince/server/static/engine/device/rgb_image.js";
import { Assessor } from "../../../src/wince/server/static/engine/device/runtime/assessor.js";
import { Estimator } from "../../../src/wince/server/static/engine/device/runtime/estimator.js";
import { ort } from "./onnx_runtime.js";
import { assertClose, readImage, readJson, readVectors } from "./vectors.js";

// A grey level of a crop that differs, because the face is found 1e-5 pixels elsewhere, moves a network
// of 8 bits by this much.
const CLOSE = 0.02;
const PSPI_CLOSE = 0.01;
const PLACE_CLOSE = 0.11; // of places in pixels and angles, which are rounded to tenths
const MODELS = new URL("../../../src/wince/models/", import.meta.url);

const session = async (path) => openSession(ort, readFileSync(new URL(path, MODELS)));
const assessor = new Assessor({
  candidates: createDetector(await session("face/face_detector.onnx")),
  regressions: readJson("src/wince/models/occlusion/occlusion.json"),
  estimator: new Estimator(
    await session("starter/model.onnx"),
    readJson("src/wince/models/starter/model.json"),
  ),
  texts: readJson("src/wince/texts/en.json").speech,
});

function upright(name) {
  const rgb = readImage(name);
  return { rgb, width: rgb.width, height: rgb.height };
}

/** Assert that an assessment is that of Python, without its durations. */
function assertAssessment({ milliseconds, ...assessment }, expected, place) {
  assert.ok(milliseconds.total >= milliseconds.score);
  const [actual, python] = [parts(assessment), parts(expected)];
  assertClose(actual.pspi, python.pspi, PSPI_CLOSE, `${place}/pspi`);
  assertClose(actual.places, python.places, PLACE_CLOSE, place);
  assertClose(actual.rest, python.rest, CLOSE, place);
}

function parts(assessment) {
  const { pspi, face, faces, heatmap, ...others } = sorted(assessment);
  const { quad, ...map } = heatmap ?? {};
  return { pspi, places: { face, faces, quad }, rest: { ...others, map } };
}

/** Return plain data with its names in order. */
function sorted(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([name, member]) => [name, sorted(member)]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

test("assessments of images are those of Python", async () => {
  for (const { image, neutral, assessment } of readVectors("assessments")) {
    const assessing = assessor.assess(upright(image), { neutral, withMap: true });
    if (assessment) assertAssessment(await assessing, assessment, image);
    else await assert.rejects(assessing, ({ problem }) => problem.code === "no-face");
  }
});

test("a face that is not there, or a neutral face of another model, is refused", async () => {
  const image = upright("expressive");
  const missing = assessor.assess(image, { face: 1 });
  await assert.rejects(missing, ({ problem: { values } }) => values.number === 2);
  const neutral = { model: { name: "other", version: "1" } };
  const foreign = assessor.assess(image, { neutral });
  await assert.rejects(foreign, ({ problem }) => problem.code === "invalid-request");
});

test("the neutral face is the median, and no grimace unless that is asked for", async () => {
  const { neutral: expected } = readVectors("live");
  const images = [upright("expressive")];
  assertClose(sorted(await assessor.neutralFace(images, false)), sorted(expected), CLOSE);
  const grimace = [upright("rendered")];
  const refused = assessor.neutralFace(grimace, false);
  await assert.rejects(refused, ({ problem }) => problem.code === "expressive-face");
  assert.equal((await assessor.neutralFace(grimace, true)).images, 1);
  const covered = assessor.neutralFace([upright("covered")], false);
  await assert.rejects(covered, ({ problem }) => problem.code === "neutral-not-judged");
});

test("statements about the frames of a camera are those of the live socket", async () => {
  const { settings, neutral, frames } = readVectors("live");
  const live = new LiveFrames(assessor, settings);
  live.setNeutralFace(neutral);
  for (const { image, seconds, answer } of frames) {
    const { assessment, isAbsent, track, person, persons } = await live.assess(
      frameOf(image, seconds),
    );
    const place = `${image} at ${seconds}`;
    if (answer.assessment) assertAssessment(assessment, answer.assessment, place);
    else assert.equal(assessment, null, place);
    assert.equal(isAbsent, answer.problem?.code === "no-face", place);
    assert.equal(person, answer.person, place);
    assertClose(persons, answer.persons, PLACE_CLOSE, place);
    assertClose(sorted(track), sorted(answer.track), CLOSE, place);
  }
});

test("another person can be chosen, whose track is their own", async () => {
  const live = new LiveFrames(assessor, {});
  const first = await live.assess(frameOf("group", 1));
  assert.equal(first.persons.length, 3);
  const other = first.persons.find(({ number }) => number !== first.person).number;
  live.choose(other);
  live.choose(99); // nobody
  assert.equal((await live.assess(frameOf("group", 1.1))).person, first.person);
  live.choose(other);
  const chosen = await live.assess(frameOf("group", 1.2));
  assert.equal(chosen.person, other);
  assert.equal(chosen.track.statement.kind, "changing");
});

test("a frame that is too large is reduced as Pillow does it, and its faces are placed in the whole frame", async () => {
  const frame = frameOf("group", 1);
  const longestSide = Math.round(frame.size.width / 1.5);
  const reduced = await new LiveFrames(assessor, {}).assess({ ...frame, longestSide });
  const height = Math.round((frame.size.height * longestSide) / frame.size.width);
  const small = resize(fromRgba(frame.pixels), longestSide, height, BILINEAR);
  const drawn = { ...frame, pixels: toRgba(small) };
  const expected = await new LiveFrames(assessor, {}).assess(drawn);
  assert.equal(reduced.persons.length, 3);
  assert.deepEqual(reduced.persons, expected.persons);
  const whole = await new LiveFrames(assessor, {}).assess(frame);
  for (const [index, { box }] of reduced.persons.entries()) {
    assertClose(box, whole.persons[index].box, 0.1 * (box[2] - box[0]));
  }
});

/** Return an image as a whole frame of a camera. */
function frameOf(name, seconds) {
  const image = readImage(name);
  const { width, height } = image;
  return { pixels: toRgba(image), region: [0, 0, width, height], size: { width, height }, seconds };
}

/** Return an image with an alpha channel. */
function toRgba({ width, height, data: rgb }) {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    data.set(rgb.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
  }
  return { width, height, data };
}
