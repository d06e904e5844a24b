// The flow of the live tab, without a camera.

import assert from "node:assert/strict";
import test from "node:test";

globalThis.navigator ??= {};
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
