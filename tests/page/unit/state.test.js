import assert from "node:assert/strict";
import test from "node:test";

import { createStore, initialState } from "../../../src/wince/server/static/state.js";

test("several changes are drawn once, with the last state", () => {
  const scheduled = [];
  const store = createStore(initialState("en"), (draw) => scheduled.push(draw));
  const drawn = [];
  store.add((state) => drawn.push(state.live.label));
  store.updatePart("live", { label: "bed 3" });
  store.updatePart("live", { label: "bed 4" });
  assert.equal(scheduled.length, 1);
  scheduled[0]();
  assert.deepEqual(drawn, ["bed 4"]);
});

test("a change of a part leaves its other members and other parts alone", () => {
  const store = createStore(initialState("de"), () => {});
  const before = store.get();
  store.updatePart("settings", { muted: true });
  assert.deepEqual(store.get(), { ...before, settings: { ...before.settings, muted: true } });
  assert.equal(before.settings.muted, false);
});
