// What the status strip and the night screen state of the watch itself.

import assert from "node:assert/strict";
import test from "node:test";

import { watchStatus } from "../../../src/wince/server/static/session/watch_status.js";

const NOW = 1_000_000;

/** Return a state with a session whose last frame is some milliseconds old. */
function watching(statement, { age = 0, ...live } = {}) {
  const session = {
    start: NOW - 60_000,
    lastTime: () => NOW - age,
    isFull: () => false,
    statement: () => statement && { reasons: {}, age: 0, ...statement },
  };
  return { live: { session, step: "watch", trouble: null, answer: null, ...live } };
}

test("a face in view is watched, whatever is stated of it", () => {
  for (const kind of ["level", "between", "changing"]) {
    assert.equal(watchStatus(watching({ kind }), NOW).kind, "face-seen");
  }
  const covered = { kind: "cannot-tell", reasons: { "mouth-covered": "" } };
  const status = watchStatus(watching(covered), NOW);
  assert.deepEqual([status.kind, status.reasons], ["cannot-tell", ["mouth-covered"]]);
});

test("not in view counts from the last face", () => {
  const absent = { kind: "not-in-view", age: 18 };
  const status = watchStatus(watching(absent, { age: 500 }), NOW);
  assert.deepEqual([status.kind, NOW - status.since], ["not-in-view", 18_500]);
});

test("not in view counts from the start if there was no face", () => {
  const status = watchStatus(watching({ kind: "not-in-view", age: null }), NOW);
  assert.equal(NOW - status.since, 60_000);
});

test("a lost connection is told since the last frame", () => {
  const trouble = { code: "connection-lost", values: {}, detail: "" };
  const status = watchStatus(watching({ kind: "level" }, { age: 90_000, trouble }), NOW);
  assert.deepEqual(
    [status.kind, NOW - status.since, status.problem],
    ["not-watching", 90_000, trouble],
  );
});

test("without answers nothing is stated of now", () => {
  const level = { kind: "level" };
  assert.equal(watchStatus(watching(level, { age: 2900 }), NOW).kind, "face-seen");
  const stale = watchStatus(watching(level, { age: 3100 }), NOW);
  assert.deepEqual([stale.kind, stale.problem.code], ["not-watching", "no-answers"]);
});

test("a busy server is told as that, and is no absence", () => {
  const answer = { problem: { code: "busy", values: {}, detail: "" } };
  const level = { kind: "level" };
  assert.equal(watchStatus(watching(level, { age: 1000, answer }), NOW).kind, "face-seen");
  assert.equal(watchStatus(watching(level, { age: 4000, answer }), NOW).problem.code, "busy");
});

test("before the first frame, and without a session, nobody is watched yet", () => {
  assert.equal(watchStatus(watching(null), NOW).kind, "waiting");
  assert.equal(watchStatus(watching({ kind: "level" }, { step: "summary" }), NOW).kind, "idle");
});
