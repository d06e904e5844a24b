// The test vectors that Python writes (tools/page/write_vectors.py), and comparing with them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { Face } from "../../../src/wince/server/static/engine/device/faces/face.js";
import { readPng } from "./png_image.js";

const ROOT = new URL("../../../", import.meta.url);

export function readJson(path) {
  return JSON.parse(readFileSync(new URL(path, ROOT), "utf-8"));
}

export function readVectors(name) {
  return readJson(`tests/vectors/${name}.json`);
}

const images = new Map();

/** Return an image of the vectors, which is decoded once and not to be changed. */
export function readImage(name) {
  if (!images.has(name)) {
    images.set(name, readPng(new URL(`tests/vectors/images/${name}.png`, ROOT)));
  }
  return images.get(name);
}

export function unpacked(text) {
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** Return the Face that a vector describes. */
export function toFace({ box, keypoints, score }) {
  return new Face(box, keypoints, score);
}

/** Assert that plain data is the same, numbers within a tolerance. */
export function assertClose(actual, expected, tolerance, place = "") {
  if (typeof expected === "number") {
    const message = `${place}: ${actual} instead of ${expected}`;
    assert.ok(Math.abs(actual - expected) <= tolerance, message);
  } else if (expected !== null && typeof expected === "object") {
    assert.deepEqual(Object.keys(actual), Object.keys(expected), place);
    for (const name of Object.keys(expected)) {
      assertClose(actual[name], expected[name], tolerance, `${place}/${name}`);
    }
  } else assert.equal(actual, expected, place);
}

/** Assert that pixels differ by one grey level at most, in one of a thousand at most. */
export function assertSamePixels(actual, expected, place) {
  assert.equal(actual.length, expected.length, place);
  const differences = expected.map((value, index) => Math.abs(value - actual[index]));
  assert.ok(Math.max(...differences) <= 1, place);
  const share = differences.filter((difference) => difference > 0).length / expected.length;
  assert.ok(share <= 0.001, `${place}: ${share} of the pixels differ`);
}
