// The flow of a video, with an engine that fails.

import assert from "node:assert/strict";
import test from "node:test";

const canvas = { getContext: () => ({}) };
globalThis.document = { createElement: () => canvas };
const { createVideoFlow } = await import("../../../src/wince/server/static/flows/video.js");
const { createStore, initialState } = await import("../../../src/wince/server/static/state.js");

const PAUSE = 100; // milliseconds before a frame is sent again, which the test does not wait for

/** A video element that plays every file. */
class Video extends EventTarget {
  duration = 1;
  videoWidth = 640;
  videoHeight = 480;
  set src(_) {
    setTimeout(() => this.dispatchEvent(new Event("loadeddata")));
  }
  set currentTime(_) {
    setTimeout(() => this.dispatchEvent(new Event("seeked")));
  }
}

/** Return what the page tells of a video whose frames have no answer. */
async function problemOf(context, trouble) {
  const wait = setTimeout;
  context.mock.method(globalThis, "setTimeout", (action, milliseconds) =>
    wait(action, milliseconds === PAUSE ? 0 : milliseconds),
  );
  const store = createStore(initialState("en"), () => {});
  store.update({ info: { scale: { levels: [] }, model: {} } });
  const engine = {
    watch: (_, { onConnection }) => ({
      step: async () => trouble && onConnection(trouble),
      settle: async () => {},
      close() {},
    }),
  };
  const { assess } = createVideoFlow({
    store,
    engine,
    video: new Video(),
    neutral: { cancel() {}, onChange() {} },
    announcer: { announceProblem() {} },
  });
  await assess({ name: "clip.mp4" }, "blob:clip");
  return store.get().upload.problem;
}

test("a video tells why the engine gives no answers", async (context) => {
  const stopped = { code: "device-failed", values: {}, detail: "" };
  assert.deepEqual(await problemOf(context, stopped), stopped);
});

test("a video without answers and without a reason speaks of no connection", async (context) => {
  assert.equal((await problemOf(context, null)).code, "no-answers");
});
