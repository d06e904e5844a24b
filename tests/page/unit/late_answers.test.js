// What comes late, after something else was chosen, changes nothing.

import assert from "node:assert/strict";
import test from "node:test";

import { createNeutralFlow } from "../../../src/wince/server/static/flows/neutral.js";
import { UserError } from "../../../src/wince/server/static/errors.js";
import { createStore, initialState } from "../../../src/wince/server/static/state.js";

globalThis.document = { createElement: () => ({ getContext: () => ({}) }) };
globalThis.window = globalThis;
const { createLiveCamera } = await import("../../../src/wince/server/static/flows/live_camera.js");
const { createUploadFlow } = await import("../../../src/wince/server/static/flows/upload.js");

const [FIRST, SECOND] = [{ raw_score: 1 }, { raw_score: 2 }];
const PHOTO = new File(["x"], "face.jpg", { type: "image/jpeg" });

/** Return promises that a test settles in its own order, and the function that makes them. */
function requests() {
  const pending = [];
  const ask = (...given) =>
    new Promise((resolve, reject) => pending.push({ given, resolve, reject }));
  return { pending, ask };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const emptyStore = () => createStore(initialState("en"), () => {});

function neutralFlow() {
  const { pending, ask } = requests();
  const store = emptyStore();
  store.update({ info: { scale: { terms: [], levels: [] }, model: {} } });
  const flow = createNeutralFlow({ store, engine: { getNeutralFace: ask }, current: () => null });
  return { store, flow, pending };
}

test("of two readings of the neutral face the newer one stays", async () => {
  const { store, flow, pending } = neutralFlow();
  flow.read([PHOTO]);
  flow.read([PHOTO]);
  pending[1].resolve(SECOND);
  await settled();
  pending[0].resolve(FIRST);
  await settled();
  assert.equal(store.get().neutral, SECOND);
});

test("a neutral face that was removed while photos were read stays removed", async () => {
  const { store, flow, pending } = neutralFlow();
  flow.read([PHOTO]);
  flow.clear();
  pending[0].resolve(FIRST);
  await settled();
  assert.equal(store.get().neutral, null);
  flow.read([PHOTO]);
  flow.clear();
  pending[1].reject(new UserError("no-face"));
  await settled();
  assert.equal(store.get().neutralTask, null);
});

test("frames are collected no further when photos are read, and photos not when frames are", async () => {
  const { store, flow, pending } = neutralFlow();
  flow.read([PHOTO]);
  flow.collect();
  pending[0].reject(new UserError("no-face"));
  await settled();
  assert.deepEqual(store.get().neutralTask, { kind: "collecting" });
  flow.read([PHOTO]);
  flow.cancel(); // as the camera does when it is switched off
  assert.deepEqual(store.get().neutralTask, { kind: "reading" });
});

/** Return the flow of the upload tab, with what changes the neutral face. */
function uploadFlow() {
  const { pending, ask } = requests();
  const store = emptyStore();
  const announced = [];
  let changed = () => {};
  const flow = createUploadFlow({
    store,
    engine: { assess: ask },
    announcer: { stop() {}, announce: (assessment) => announced.push(assessment) },
    neutral: { onChange: (listener) => (changed = listener) },
    video: { close() {} },
  });
  const setNeutral = (neutral) => {
    store.update({ neutral });
    changed();
  };
  return { store, flow, pending, announced, setNeutral };
}

const assessmentOf = (index) => ({ face: { index }, faces: [{}] });

test("a neutral face set while a photo is assessed counts for its result", async () => {
  const { store, flow, pending, announced, setNeutral } = uploadFlow();
  flow.take(PHOTO);
  setNeutral(FIRST);
  assert.equal(pending.length, 2);
  assert.equal(pending[0].given[1].signal.aborted, true);
  assert.equal(pending[1].given[1].neutral, FIRST);
  const expected = assessmentOf(0);
  pending[1].resolve(expected);
  await settled();
  pending[0].resolve(assessmentOf(1));
  await settled();
  assert.equal(store.get().upload.assessment, expected);
  assert.deepEqual(announced, [expected]);
});

test("a face chosen before the neutral face stays chosen", async () => {
  const { store, flow, pending, setNeutral } = uploadFlow();
  flow.take(PHOTO);
  pending[0].resolve(assessmentOf(0));
  await settled();
  flow.choose(1);
  setNeutral(FIRST);
  assert.deepEqual([pending[2].given[1].face, pending[2].given[1].neutral], [1, FIRST]);
  pending[2].resolve(assessmentOf(1));
  await settled();
  assert.equal(store.get().upload.assessment.face.index, 1);
});

test("the answer about a photo that was put away is not shown", async () => {
  const { store, flow, pending, setNeutral } = uploadFlow();
  flow.take(PHOTO);
  flow.clear();
  setNeutral(FIRST);
  pending[0].resolve(assessmentOf(0));
  await settled();
  assert.equal(pending.length, 1);
  assert.equal(store.get().upload.assessment, null);
});

/** A camera that can be lost, and a video element that begins to play when the test says so. */
function cameraOf(context) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { pending, ask } = requests();
  const tracks = [];
  const mediaDevices = {
    async getUserMedia() {
      const track = new EventTarget();
      const stop = () => (track.isStopped = true);
      Object.assign(track, { getSettings: () => ({ deviceId: "c" }), stop });
      tracks.push(track);
      return { getVideoTracks: () => [track], getTracks: () => [track] };
    },
    enumerateDevices: async () => [],
  };
  const navigator = { mediaDevices, maxTouchPoints: 0 };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  const store = emptyStore();
  const losses = [];
  const video = Object.assign(new EventTarget(), { play: ask });
  const camera = createLiveCamera(video, store, (isLost) => losses.push(isLost));
  return { camera, store, losses, pending, tracks };
}

for (const ending of ["resolve", "reject"]) {
  test(`a lost camera switched off while it begins to play stays off (${ending})`, async (context) => {
    const { camera, store, losses, pending, tracks } = cameraOf(context);
    const on = camera.on();
    await settled();
    pending[0].resolve();
    assert.equal(await on, true);
    tracks[0].dispatchEvent(new Event("ended"));
    context.mock.timers.tick(500);
    await settled();
    assert.equal(pending.length, 2, "it was opened again");
    camera.off();
    pending[1][ending](new Error("interrupted"));
    await settled();
    context.mock.timers.tick(60_000);
    await settled();
    assert.equal(tracks.length, 2, "and is not opened once more");
    assert.equal(store.get().live.camera.status, "off");
    assert.deepEqual(losses, [true]);
  });
}

test("a lost camera that does not play is closed before it is opened once more", async (context) => {
  const { camera, losses, pending, tracks } = cameraOf(context);
  camera.on();
  await settled();
  pending[0].resolve();
  await settled();
  tracks[0].dispatchEvent(new Event("ended"));
  context.mock.timers.tick(500);
  await settled();
  pending[1].reject(new Error("not now"));
  await settled();
  assert.equal(tracks[1].isStopped, true);
  context.mock.timers.tick(60_000);
  await settled();
  pending[2].resolve();
  await settled();
  assert.deepEqual([tracks.length, tracks[2].isStopped, losses], [3, undefined, [true, false]]);
});
