// Prompts to look: off by default, after a clear expression has lasted, and not again at once.

import assert from "node:assert/strict";
import test from "node:test";

import { clearLevels, createPromptFlow } from "../../../src/wince/server/static/flows/prompt.js";
import { createStore, initialState } from "../../../src/wince/server/static/state.js";

const START = 1_000_000;
const PSPI = scaleOf("PSPI", "none", "mild", "moderate", "severe");

function scaleOf(name, ...levels) {
  return { name, levels: levels.map((level) => ({ name: level })) };
}

/** Return a flow with a store, and what it has done. */
function promptFlow(settings, scale = PSPI) {
  const store = createStore({ ...initialState("en"), info: { scale } }, () => {});
  const begun = [];
  const tones = [];
  const ended = [];
  store.updatePart("settings", settings);
  store.updatePart("live", {
    step: "watch",
    session: {
      start: START,
      beginPrompt: (level, time) => begun.push([level, (time - START) / 1000]),
      endPrompt: (observer, time) => ended.push([observer, (time - START) / 1000]),
      lastTime: () => START,
      isFull: () => false,
      statement: () => null,
    },
  });
  const flow = createPromptFlow(store, (name) => tones.push(name));
  let clock = 0;
  /** Let a state last. "busy" and "pause": no assessment, and no answer at all. */
  function last(state, seconds) {
    for (const end = clock + seconds; clock < end; clock += 0.5) {
      if (state !== "pause") flow.add(answer(state), START + 1000 * clock);
    }
  }
  return { store, flow, begun, ended, tones, last };
}

function answer(state) {
  const [level, between] = state.includes("/")
    ? [state.split("/")[1], state.split("/")]
    : [["changing", "not-in-view", "busy"].includes(state) ? null : state, null];
  const isFace = !["not-in-view", "busy"].includes(state);
  return {
    assessment: isFace ? {} : null,
    isAbsent: state === "not-in-view",
    track: { statement: { level, between } },
  };
}

test("there are no prompts by default", () => {
  const { store, begun, last } = promptFlow({});
  assert.equal(store.get().settings.promptSeconds, 0);
  last("severe", 600);
  assert.deepEqual(begun, []);
});

test("a clear expression that lasts is a prompt, once", () => {
  const { store, begun, last, tones } = promptFlow({ promptSeconds: 10 });
  last("mild", 20);
  last("moderate", 30);
  assert.deepEqual(begun, [["moderate", 29.5]]);
  assert.deepEqual(store.get().live.prompt, { start: START + 29_500, level: "moderate" });
  assert.deepEqual(tones, [], "without a sound, unless it is asked for");
});

test("a prompt is heard if that is asked for", () => {
  const { last, tones } = promptFlow({ promptSeconds: 5, promptSound: true });
  last("severe", 6);
  assert.deepEqual(tones, ["prompt"]);
});

test("two levels are clear only if both are", () => {
  const between = promptFlow({ promptSeconds: 5 });
  between.last("mild/moderate", 60);
  assert.deepEqual(between.begun, []);
  between.last("moderate/severe", 6);
  assert.equal(between.begun.length, 1);
});

test("a lower level ends a clear expression, a short change does not", () => {
  const lower = promptFlow({ promptSeconds: 10 });
  for (let round = 0; round < 5; round += 1) {
    lower.last("moderate", 8);
    lower.last("mild", 1);
  }
  assert.deepEqual(lower.begun, []);
  const changing = promptFlow({ promptSeconds: 10 });
  changing.last("moderate", 7);
  changing.last("changing", 2);
  changing.last("severe", 5);
  assert.equal(changing.begun.length, 1);
});

test("a long time without a statement ends a clear expression", () => {
  for (const state of ["changing", "not-in-view", "pause"]) {
    const { begun, last } = promptFlow({ promptSeconds: 10 });
    last("severe", 8);
    last(state, 5);
    last("severe", 8);
    assert.deepEqual(begun, [], state);
  }
});

test("a busy server neither counts nor ends", () => {
  const { begun, last } = promptFlow({ promptSeconds: 10 });
  last("severe", 8);
  last("busy", 2);
  last("severe", 4);
  assert.equal(begun.length, 1);
});

test("after somebody has looked there is no prompt for a minute", () => {
  const { store, flow, begun, ended, last } = promptFlow({ promptSeconds: 5 });
  last("severe", 10);
  assert.equal(begun.length, 1);
  flow.answer("AB", START + 10_000);
  assert.deepEqual(ended, [["AB", 10]]);
  assert.equal(store.get().live.prompt, null);
  last("severe", 59);
  assert.equal(begun.length, 1);
  last("severe", 10);
  assert.equal(begun.length, 2);
});

test("a loss is heard after ten seconds and each minute, if that is asked for", () => {
  const trouble = { code: "connection-lost", values: {}, detail: "" };
  for (const [lossSound, count] of [
    [false, 0],
    [true, 3],
  ]) {
    const { store, flow, tones } = promptFlow({ lossSound });
    store.updatePart("live", { trouble });
    for (let second = 0; second < 140; second += 1) flow.tick(START + 1000 * second);
    assert.equal(tones.length, count);
  }
});

test("on another scale its highest level is clear, and nothing without levels", () => {
  assert.deepEqual(clearLevels(PSPI), ["moderate", "severe"]);
  assert.deepEqual(clearLevels(scaleOf("NRS", "low", "middling", "high")), ["high"]);
  assert.deepEqual(clearLevels(scaleOf("VAS")), []);
});
