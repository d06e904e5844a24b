// A session of twelve hours: nothing is lost, memory is bounded, and a frame takes no longer.

import assert from "node:assert/strict";
import test from "node:test";

import { csvFile, fileName, sessionData } from "../../../src/wince/server/static/session/export.js";
import { createSession } from "../../../src/wince/server/static/session/session.js";

const LEVELS = ["none", "mild", "moderate", "severe"].map((name) => ({ name }));
const START = Date.UTC(2026, 2, 1, 1, 0, 0);
const FACTS = {
  label: "bed 4",
  activity: "rest",
  source: "camera",
  isRecording: false,
  start: START,
  scale: { name: "PSPI", minimum: 0, maximum: 16, unit: "points", decimals: 1, levels: LEVELS },
  model: { name: "m", version: "1" },
  settings: { smoothing: 0.05, hold: 1, margin: 1.2 },
};
const PER_SECOND = 15;
const TWELVE_HOURS = 12 * 3600 * PER_SECOND;

/** Return an answer with a level. */
function answered(score, level = "mild", members = {}) {
  const statement = {
    kind: "level",
    level,
    between: null,
    score,
    interval: [score - 1, score + 1],
    confidence: 0.8,
    reasons: {},
    age: 0,
    announced: false,
  };
  return {
    assessment: {
      score,
      level,
      between: null,
      confidence: 0.7,
      action_units: { AU4: 1.25, AU6: 0, AU7: 0, AU9: 0, AU10: 0, AU43: 0 },
      face: { box: [1, 2, 30.5, 40], yaw: 3.5, pitch: -2, roll: 0 },
      quality: { reasons: {} },
    },
    isAbsent: false,
    track: { statement: { ...statement, ...members }, score: { score }, eyes: "open" },
    person: 1,
    persons: [{ number: 1, box: [1, 2, 3, 4] }],
    latency: 31.44,
  };
}

/** Return an answer without a face. */
function absent(kind = "not-in-view", reasons = {}) {
  const assessment = Object.keys(reasons).length
    ? { level: null, score: null, face: { box: [1, 2, 3, 4] }, quality: { reasons } }
    : null;
  const statement = {
    kind,
    level: null,
    between: null,
    score: null,
    reasons,
    age: 4,
    announced: false,
  };
  return {
    ...answered(0),
    assessment,
    isAbsent: assessment === null,
    track: { statement, score: null, eyes: null },
    persons: [],
  };
}

test("twelve hours at fifteen frames a second are kept in 100 MB, each frame in the same time", () => {
  const session = createSession(FACTS);
  const answer = answered(3.125);
  /** @type {number[]} */
  const times = [];
  for (let index = 0; index < TWELVE_HOURS; index += 1) {
    const hour = Math.floor(index / (3600 * PER_SECOND));
    if (index % (3600 * PER_SECOND) === 0) times[hour] = -process.cpuUsage().user;
    assert.equal(session.add(answer, START + (1000 * index) / PER_SECOND), true);
    if ((index + 1) % (3600 * PER_SECOND) === 0) times[hour] += process.cpuUsage().user;
  }
  assert.equal(session.points.length(), TWELVE_HOURS);
  assert.ok(session.points.bytes() + session.trend.bytes() < 100e6);
  const early = Math.min(...times.slice(0, 3));
  assert.ok(Math.min(...times.slice(9)) < 2 * early, `slower: ${times}`);

  assert.equal(session.add(answer, START + 43_201_000), false, "more than twelve hours");
  assert.equal(session.isFull(), true);
  assert.equal(session.points.length(), TWELVE_HOURS, "nothing is lost");
  assert.ok(Math.abs(session.sums.get().levels.mild - 43_200) < 0.1);
});

test("a trend has as many steps after twelve hours as after a minute, and keeps each peak", () => {
  const session = createSession(FACTS);
  for (let second = 0; second <= 43_200; second += 1) {
    session.add(answered(second === 30_000 ? 9 : 2), START + 1000 * second);
    const steps = session.trend.forSpan(Math.max(60, second), 720);
    assert.ok(steps.length() <= 721);
  }
  const steps = session.trend.forSpan(43_200, 720);
  assert.equal(steps.step, 64);
  const index = Math.floor(30_000 / 64);
  assert.deepEqual([steps.low(index), steps.high(index)], [2, 9]);
  assert.equal(steps.mean(index), (63 * 2 + 9) / 64);
});

test("times without a score say why", () => {
  const session = createSession(FACTS);
  const add = (answer, seconds) => session.add(answer, START + 1000 * seconds);
  for (let second = 0; second < 10; second += 1) add(answered(2), second);
  for (let second = 10; second < 20; second += 1) add(absent(), second);
  for (let second = 20; second < 30; second += 1) {
    add(absent("cannot-tell", { "mouth-covered": "…" }), second);
  }
  add(answered(2), 60);
  const steps = session.trend.forSpan(60, 60);
  assert.equal(steps.step, 1);
  const gaps = [5, 15, 25, 45, 59].map((index) => steps.gap(index));
  assert.deepEqual(gaps, [null, "not-in-view", "cannot-tell", "not-connected", "not-connected"]);
  const sums = session.sums.get();
  assert.deepEqual(
    [sums.levels.mild, sums.notInView, sums.cannotTell, sums.notConnected],
    [9, 10, { "mouth-covered": 10 }, 31],
  );
  assert.equal(session.sums.total(), 60);
});

test("a busy server is no absence", () => {
  const session = createSession(FACTS);
  session.add(answered(2), START);
  const busy = { ...answered(2), assessment: null, isAbsent: false };
  assert.equal(session.add(busy, START + 1000), false);
  assert.equal(session.add({ ...busy, track: null }, START + 1100), false);
  session.add(answered(2), START + 1500);
  assert.equal(session.sums.get().levels.mild, 1.5);
  assert.equal(session.points.length(), 2);
});

test("the end without a connection counts as not connected", () => {
  const session = createSession(FACTS);
  session.add(answered(2), START);
  session.add(answered(2), START + 1000);
  session.end(START + 61_000);
  session.end(START + 99_000);
  assert.equal(session.seconds(), 61);
  assert.equal(session.sums.get().notConnected, 60);
  assert.equal(session.add(answered(2), START + 62_000), false);
});

test("the time in which the page was hidden is counted and written as such", async () => {
  const session = createSession(FACTS);
  const at = (seconds) => START + 1000 * seconds;
  session.add(answered(2), START);
  session.pause(at(1));
  session.pause(at(2)); // told twice
  assert.equal(session.isPaused(), true);
  session.resume(at(31));
  session.resume(at(32));
  assert.equal(session.isPaused(), false);
  session.add(answered(2), at(32));
  session.pause(at(62)); // after half a minute without a camera
  session.resume(at(122));
  session.pause(at(122.5));
  session.end(at(123));
  const { levels, notConnected, pageHidden } = session.sums.get();
  assert.deepEqual([levels.mild, notConnected, pageHidden], [1, 30, 92]);
  assert.equal(session.sums.total(), 123);
  const steps = session.trend.forSpan(123, 123);
  assert.deepEqual(
    [15, 45, 90].map((index) => steps.gap(index)),
    ["page-hidden", "not-connected", "page-hidden"],
  );
  const data = sessionData(session);
  assert.equal(data.seconds.page_hidden, 92);
  assert.deepEqual(data.pauses[0], { seconds: 1, until: 31 });
  assert.equal(data.pauses.length, 3);
  const rows = (await (await csvFile(session)).text()).trim().split("\r\n");
  const column = rows[0].split(",").indexOf("page_hidden");
  assert.deepEqual(
    rows.slice(1).map((row) => row.split(",")[column]),
    ["", "30"],
  );
});

test("prompts, markers and judgements are kept with their times", () => {
  const session = createSession(FACTS);
  session.add(answered(8.25, "moderate"), START + 1000);
  session.beginPrompt("moderate", START + 2000);
  session.endPrompt("AB", START + 9000);
  session.endPrompt("CD", START + 9500);
  session.beginPrompt("severe", START + 80_000);
  session.mark("turned", START + 500);
  session.judge("higher", "AB", START + 1500);
  session.end(START + 90_000);
  const data = sessionData(session);
  assert.deepEqual(data.prompts, [
    { seconds: 2, until: 9, level: "moderate", observer: "AB" },
    { seconds: 80, until: null, level: "severe", observer: "" },
  ]);
  assert.deepEqual(data.markers, [{ seconds: 0.5, text: "turned" }]);
  assert.deepEqual(data.judgements, [
    {
      seconds: 1.5,
      opinion: "higher",
      observer: "AB",
      level: "moderate",
      between: null,
      pspi: 8.25,
    },
  ]);
  assert.equal(data.duration, 90);
});

test("a session is saved until it changes", () => {
  const session = createSession(FACTS);
  session.mark("a", START);
  assert.equal(session.isSaved(), false);
  session.setSaved();
  assert.equal(session.isSaved(), true);
  session.judge("agree", "AB", START);
  assert.equal(session.isSaved(), false);
});

test("every point is a row of the CSV file, and no text becomes a formula", async () => {
  const session = createSession({ ...FACTS, label: '=HYPERLINK("x"), bed 4' });
  session.add(answered(3.125), START);
  session.mark("@turned", START + 100);
  session.mark("fed", START + 150);
  session.add(absent("cannot-tell", { "mouth-covered": "…", dark: "…" }), START + 200);
  session.add(
    answered(7, "moderate", { kind: "between", between: ["mild", "moderate"] }),
    START + 300,
  );
  const text = await (await csvFile(session)).text();
  const [header, ...rows] = text
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));
  const labels = rows.map((row) => row.splice(1, 2, "label").join());
  assert.equal(labels[0], `"'=HYPERLINK(""x"")`.concat(', bed 4"'));
  const cells = rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]])));
  assert.deepEqual(
    cells.map((row) => [row.seconds, row.pspi, row.filtered_pspi, row.statement, row.reasons]),
    [
      ["0", "3.125", "3.125", "level", ""],
      ["0.2", "", "", "cannot-tell", "mouth-covered;dark"],
      ["0.3", "7", "7", "between", ""],
    ],
  );
  assert.deepEqual(
    [cells[0].AU4, cells[0].confidence, cells[0].track_confidence, cells[0].milliseconds],
    ["1.25", "0.7", "0.8", "31.4"],
  );
  assert.deepEqual([cells[0].box_x1, cells[0].pitch, cells[0].eyes], ["30.5", "-2", "open"]);
  assert.equal(cells[2].track_between, "mild;moderate");
  assert.deepEqual(
    cells.map((row) => row.marker),
    ["", "'@turned; fed", ""],
  );
  assert.match(cells[1].time, /^2026-0\d-\d\dT\d\d:00:00\.200[+-]\d\d:\d\d$/);
});

test("a file is named after the person and the time", () => {
  const name = fileName(createSession({ ...FACTS, label: "bed 4/<b>" }), "csv");
  assert.match(name, /^wince-bed-4-b--2026-0\d-\d\d-\d\d-00-00\.csv$/);
  const film = { ...FACTS, label: "", source: "ward.mp4", isRecording: true, start: 0 };
  assert.equal(fileName(createSession(film), "json"), "wince-ward-mp4.json");
});
