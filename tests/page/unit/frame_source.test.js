// The frames of a video element, with a canvas and a VideoFrame made here.

import assert from "node:assert/strict";
import test from "node:test";

const drawn = [];
globalThis.HTMLMediaElement = { HAVE_CURRENT_DATA: 2 };
globalThis.ImageData = class {};
globalThis.document = {
  createElement: () => ({
    getContext: () => ({
      putImageData() {},
      drawImage: (image, ...numbers) => drawn.push([image, ...numbers]),
      getImageData: (x, y, width, height) => ({ data: new Uint8ClampedArray(4 * width * height) }),
    }),
  }),
};
const { createFrameSource } =
  await import("../../../src/wince/server/static/media/frame_source.js");

const VIDEO = { videoWidth: 1920, videoHeight: 1080, readyState: 4 };
const copied = [];
let closed = 0;

/** Give the page the VideoFrame of a browser; what it says of its frames may be changed. */
function useVideoFrame(facts = {}) {
  drawn.length = copied.length = closed = 0;
  const visibleRect = { x: 0, y: 0, width: 1920, height: 1080 };
  globalThis.VideoFrame = class {
    constructor() {
      Object.assign(this, { visibleRect, rotation: 0, flip: false, format: "I420", ...facts });
    }
    async copyTo(data, { rect, format }) {
      copied.push([data.length, rect, format]);
    }
    close() {
      closed += 1;
    }
  };
}

test("a region is copied from the frame, from an even pixel on, and nothing is drawn", async () => {
  useVideoFrame();
  const { pixels, region, size } = await createFrameSource(VIDEO).grab(
    [901, 301, 1400, 700],
    Infinity,
  );
  assert.deepEqual(region, [900, 300, 1400, 700]);
  assert.deepEqual([pixels.width, pixels.height, pixels.data.length], [500, 400, 800_000]);
  assert.deepEqual(copied, [[800_000, { x: 900, y: 300, width: 500, height: 400 }, "RGBA"]]);
  assert.deepEqual(size, { width: 1920, height: 1080 });
  assert.deepEqual([drawn.length, closed], [0, 1]);
});

test("the frame is the one that is shown when it is asked for", async () => {
  useVideoFrame();
  const BrowserFrame = globalThis.VideoFrame;
  const shown = [];
  globalThis.VideoFrame = class extends BrowserFrame {
    constructor(video) {
      super();
      shown.push(video.currentTime);
    }
  };
  const video = { ...VIDEO, currentTime: 1 };
  const grabbing = createFrameSource(video).grab(null, Infinity);
  video.currentTime = 2;
  await grabbing;
  assert.deepEqual(shown, [1]);
});

test("a frame is reduced to the longest side after it was copied", async () => {
  useVideoFrame();
  const { pixels, region } = await createFrameSource(VIDEO).grab(null, 1280);
  assert.deepEqual(region, [0, 0, 1920, 1080]);
  assert.deepEqual([pixels.width, pixels.height], [1280, 720]);
  assert.notEqual(drawn[0][0], VIDEO);
  assert.equal(drawn[0][0].width, 0); // the copy at full size is not kept
  assert.deepEqual(drawn[0].slice(1), [0, 0, 1920, 1080, 0, 0, 1280, 720]);
});

test("the video is drawn where frames cannot be copied, or may be rotated or transparent", async () => {
  const failing = () => {
    throw new TypeError("no RGBA");
  };
  for (const facts of [
    { copyTo: failing },
    { rotation: undefined },
    { rotation: 180 },
    { flip: true },
    { format: "I420A" },
    { visibleRect: { x: 0, y: 0, width: 1080, height: 1920 } },
  ]) {
    useVideoFrame(facts);
    const { pixels } = await createFrameSource(VIDEO).grab([200, 100, 1480, 820], 640);
    assert.deepEqual(drawn, [[VIDEO, 200, 100, 1280, 720, 0, 0, 640, 360]]);
    assert.deepEqual([pixels.width, pixels.height, closed], [640, 360, 1]);
  }
  drawn.length = 0;
  delete globalThis.VideoFrame;
  await createFrameSource(VIDEO).grab(null, 1280);
  assert.equal(drawn[0][0], VIDEO);
});

test("without a frame there is nothing to grab", async () => {
  assert.equal(await createFrameSource({ videoWidth: 0, videoHeight: 0 }).grab(null, 640), null);
  assert.equal(await createFrameSource({ ...VIDEO, readyState: 1 }).grab(null, 640), null);
});
