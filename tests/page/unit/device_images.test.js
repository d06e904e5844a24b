// The engine on the device makes the same of pixels as Python, by the vectors that it wrote.

import assert from "node:assert/strict";
import test from "node:test";

import { align } from "../../../src/wince/server/static/engine/device/faces/align.js";
import { constants } from "../../../src/wince/server/static/engine/device/constants.js";
import {
  colourDistance,
  measureColours,
} from "../../../src/wince/server/static/engine/device/faces/face_colours.js";
import { FrameView } from "../../../src/wince/server/static/engine/device/faces/frame_view.js";
import * as pixels from "../../../src/wince/server/static/engine/device/rgb_image.js";
import {
  checkFace,
  cutCrop,
  hasFullDetail,
} from "../../../src/wince/server/static/engine/device/runtime/face_crop.js";
import { measure } from "../../../src/wince/server/static/engine/device/runtime/quality.js";
import {
  assertClose,
  assertSamePixels,
  readImage,
  readJson,
  readVectors,
  toFace,
  unpacked,
} from "./vectors.js";

const REGRESSIONS = readJson("src/wince/models/occlusion/occlusion.json");
const { SPEC } = constants.quality;
const CLOSE = 1e-4;

const IMAGES = readVectors("faces").filter((vector) => vector.faces.length);

/** The image of a vector, of a photo that is twice as large, and its faces. */
function openVector(vector) {
  const rgb = readImage(vector.image);
  const image = { rgb, width: 2 * rgb.width, height: 2 * rgb.height };
  const view = FrameView.of(image);
  const faces = vector.faces.map(toFace);
  const checked = faces.map((face) => checkFace(image, view, view.toFrame(face), REGRESSIONS));
  return { rgb, image, view, faces, checked };
}

test("images are reduced, resized, rotated and made grey as by Pillow", () => {
  const [noise, ...cases] = readVectors("rgb_image");
  const image = { ...noise, data: unpacked(noise.data) };
  const filters = { BILINEAR: pixels.BILINEAR, BOX: pixels.BOX };
  assert.ok(cases.length > 10);
  for (const { name, arguments: given, data } of cases) {
    const result = pixels[name](image, ...given.map((value) => filters[value] ?? value));
    assert.deepEqual([...(result.data ?? result)], [...unpacked(data)], `${name} ${given}`);
  }
});

test("transparent pixels are blended with white", () => {
  const data = Uint8ClampedArray.from([10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 200, 128]);
  const image = pixels.fromRgba({ width: 3, height: 1, data });
  assert.deepEqual([...image.data], [10, 20, 30, 255, 255, 255, 127, 177, 227]);
});

test("faces are cut out, and their angles and colours measured, as in Python", () => {
  for (const vector of IMAGES) {
    const { rgb, faces } = openVector(vector);
    vector.faces.forEach((expected, index) => {
      const face = faces[index];
      assertSamePixels(align(rgb, face, SPEC).data, unpacked(expected.crop), vector.image);
      assertClose([face.yaw, face.pitch, face.roll], expected.angles, CLOSE, vector.image);
      const colours = measureColours(rgb, face);
      const shares = new Float64Array(colours.shares.length);
      for (const [bin, share] of expected.colours) shares[bin] = share;
      assert.ok(colourDistance(colours, { shares }) < 1e-3, vector.image);
      assert.equal(colours.isWhole, expected.is_whole);
    });
  }
});

test("faces are measured and judged as in Python", () => {
  const reasons = new Set();
  for (const vector of IMAGES) {
    const { rgb, faces, checked, view } = openVector(vector);
    vector.faces.forEach((expected, index) => {
      const measures = measure(rgb, faces[index], view.scale, REGRESSIONS);
      assertClose(measures, expected.measures, CLOSE, vector.image);
      assert.deepEqual(checked[index].judgement, expected.judgement, vector.image);
      for (const reason of Object.keys(expected.judgement.reasons)) reasons.add(reason);
    });
  }
  assert.deepEqual([...reasons].sort(), ["blurred", "dark", "mouth-covered"]);
});

test("the faces of an image are listed, and a crop described, as in Python", () => {
  for (const vector of IMAGES) {
    const { image, view, checked } = openVector(vector);
    vector.faces.forEach((expected, index) => {
      const crop = cutCrop(image, view, checked, index, SPEC, true);
      assertClose(crop.face, expected.listed, 0.1001, vector.image);
      assertClose(crop.quad, expected.quad, 0.1001, vector.image);
      assert.deepEqual(crop.quality, expected.quality);
      assert.equal(crop.faces.length, vector.faces.length);
      assertSamePixels(crop.pixels.data, unpacked(expected.crop), vector.image);
      const { face } = checked[index];
      assert.equal(hasFullDetail(image, view, face, SPEC), expected.has_full_detail);
    });
  }
});
