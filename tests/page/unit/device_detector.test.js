// The engine on the device finds the same faces as Python, by the vectors that it wrote.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  detect,
  glance,
  searchNear,
} from "../../../src/wince/server/static/engine/device/faces/detect.js";
import { FrameView } from "../../../src/wince/server/static/engine/device/faces/frame_view.js";
import { createDetector } from "../../../src/wince/server/static/engine/device/faces/network.js";
import { PersonSearch } from "../../../src/wince/server/static/engine/device/faces/person_search.js";
import { openSession } from "../../../src/wince/server/static/engine/device/onnx_session.js";
import { cropped } from "../../../src/wince/server/static/engine/device/rgb_image.js";
import { ort } from "./onnx_runtime.js";
import { assertClose, readImage, readVectors, toFace, unpacked } from "./vectors.js";

const MODEL = new URL("../../../src/wince/models/face/face_detector.onnx", import.meta.url);
const CLOSE = 1e-4; // of a score; and of a place, in sides of the image
const IMAGES = readVectors("faces");
const candidates = createDetector(await openSession(ort, readFileSync(MODEL)));

function assertSameFaces(actual, expected, side, place) {
  assert.equal(actual.length, expected.length, place);
  expected.forEach((face, index) => {
    const { box, keypoints, score } = actual[index];
    assertClose(score, face.score, CLOSE, place);
    assertClose(
      { box, keypoints },
      { box: face.box, keypoints: face.keypoints },
      CLOSE * side,
      place,
    );
  });
}

test("the network proposes the same faces in the same pixels", async () => {
  const { square, candidates: expected } = IMAGES.find((vector) => vector.square);
  const faces = await candidates({ width: 128, height: 128, data: unpacked(square) }, 0.25);
  assert.ok(expected.length);
  assertSameFaces(faces, expected, 1, "candidates");
});

test("upright, rotated, small and several faces are found where Python finds them", async () => {
  for (const vector of IMAGES) {
    const rgb = readImage(vector.image);
    const side = Math.max(rgb.width, rgb.height);
    assertSameFaces(await detect(candidates, rgb), vector.faces, side, vector.image);
    assertSameFaces(await glance(candidates, rgb), vector.glance, side, `glance: ${vector.image}`);
    for (const expected of vector.faces) {
      const near = await searchNear(candidates, rgb, toFace(expected).moved(4, 3));
      assertSameFaces([near], [expected.near], side, `near: ${vector.image}`);
    }
  }
});

test("persons are followed in frames and parts of frames as in Python", async () => {
  for (const { name, size, away, followed, frames } of readVectors("person_search")) {
    const search = new PersonSearch(candidates, away);
    for (const { seconds, places, region, persons } of frames) {
      const [left, top, right, bottom] = region ?? [0, 0, ...size];
      const rgb = cropped(composed(size, places), [left, top, right, bottom]);
      const image = { rgb, width: right - left, height: bottom - top };
      const view = FrameView.of(image, { region: region ?? undefined, size });
      const actual = await search.find(rgb, seconds, followed, view);
      const place = `${name}, ${seconds} s`;
      assert.deepEqual(
        actual.map(({ number, isCurrent }) => [number, isCurrent]),
        persons.map(([number, isCurrent]) => [number, isCurrent]),
        place,
      );
      assertSameFaces(
        actual.map(({ face }) => face),
        persons.map(([, , face]) => face),
        size[0],
        place,
      );
    }
  }
});

/** Return a grey frame with images pasted into it. */
function composed([width, height], places) {
  const data = new Uint8Array(width * height * 3).fill(128);
  for (const [name, [left, top]] of Object.entries(places)) {
    const image = readImage(name);
    for (let y = Math.max(0, -top); y < Math.min(image.height, height - top); y += 1) {
      const first = Math.max(0, -left);
      const last = Math.min(image.width, width - left);
      const row = image.data.subarray((y * image.width + first) * 3, (y * image.width + last) * 3);
      data.set(row, ((y + top) * width + left + first) * 3);
    }
  }
  return { width, height, data };
}
