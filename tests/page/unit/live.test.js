// The flow of the live tab, without a camera.

import assert from "node:assert/strict";
import test from "node:test";

globalThis.navigator ??= {};
globalThis.window = globalThis;
const canvas = { getContext: () => ({}) };
globalThis.document = { addEventListener() {}, createElement: () => canvas };
const { createLiveFlow } = await import("../../../src/wince/server/static/flows/live.js");
const { createStore, initialState } = await import("../../../src/wince/server/static/state.js");

test("leaving the result of a check gives its image back", (context) => {
  const revoked = [];
  context.mock.method(URL, "revokeObjectURL", (url) => revoked.push(url));
  const store = createStore(initialState("en"), () => {});
  const video = Object.assign(new EventTarget(), { srcObject: null });
  const live = createLiveFlow({ store, video, announcer: { stop() {} } });
  const check = { share: 1, frame: null, url: "blob:image", problem: null };
  store.updatePart("live", { step: "checked", check });
  live.leave();
  assert.deepEqual(revoked, ["blob:image"]);
  assert.equal(store.get().live.check, null);
  live.leave();
  assert.equal(revoked.length, 1);
});

/** Return the flow of a check whose last frame has come, with what encodes the image of it. */
async function endedCheck(context) {
  globalThis.Worker = class extends EventTarget {
    postMessage() {}
    terminate() {}
  };
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const track = Object.assign(new EventTarget(), { getSettings: () => ({}), stop() {} });
  const stream = { getVideoTracks: () => [track], getTracks: () => [track] };
  const mediaDevices = { getUserMedia: async () => stream, enumerateDevices: async () => [] };
  const navigator = { mediaDevices, maxTouchPoints: 0 };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  const store = createStore(initialState("en"), () => {});
  const announced = [];
  let watch;
  const live = createLiveFlow({
    store,
    video: Object.assign(new EventTarget(), { async play() {} }),
    engine: { watch: (source, options) => ((watch = options), { close() {} }) },
    announcer: { stop() {}, announceProblem: ({ code }) => announced.push(code) },
  });
  await live.aim("check");
  live.begin();
  const now = performance.now();
  context.mock.method(performance, "now", () => now + 11_000);
  let encode;
  const toJpeg = () => new Promise((resolve) => (encode = resolve));
  const picture = { region: [0, 0, 9, 9], toJpeg };
  watch.onAnswer({ assessment: null, isAbsent: true, track: null, persons: [], picture });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { live, store, announced, track, settled, encode: (jpeg) => (encode(jpeg), settled()) };
}

test("a check ends without an image that cannot be encoded, though the camera is lost", async (context) => {
  const { store, announced, track, encode } = await endedCheck(context);
  track.dispatchEvent(new Event("ended"));
  assert.equal(store.get().live.camera.status, "lost");
  await encode(null);
  const { step, check, camera, trouble } = store.get().live;
  assert.deepEqual([step, check.url, check.problem.code], ["checked", null, "check-not-in-view"]);
  assert.deepEqual([camera.status, trouble], ["off", null]);
  assert.deepEqual(announced, ["check-not-in-view"]);
});

test("a check that is left before its image is encoded shows nothing", async (context) => {
  const { live, store, announced, encode } = await endedCheck(context);
  live.leave();
  await encode(new Blob());
  assert.deepEqual(
    [store.get().live.step, store.get().live.check, announced],
    ["choose", null, []],
  );
});
