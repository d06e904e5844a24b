// JPEG files of pixels, with a canvas made here.

import assert from "node:assert/strict";
import test from "node:test";

test("a browser without memory for a canvas gives no file", async () => {
  globalThis.document = { createElement: () => ({ getContext: () => null }) };
  const { encodeJpeg } = await import("../../../src/wince/server/static/engine/jpeg.js");
  const pixels = { data: new Uint8ClampedArray(4), width: 1, height: 1 };
  assert.equal(await encodeJpeg(pixels), null);
});
