// The trend: its axis grows, gaps stay gaps, and a draw costs the same after twelve hours.

import assert from "node:assert/strict";
import test from "node:test";

import { axisSpan, tickTimes } from "../../../src/wince/server/static/parts/trend_axes.js";
import { bandPath, gapRuns, linePath } from "../../../src/wince/server/static/parts/trend_paths.js";
import { createTrendSteps } from "../../../src/wince/server/static/session/trend_steps.js";

const AXES = { x: (seconds) => seconds, y: (pspi) => pspi };

test("the axis grows with the session, and is never shorter", () => {
  assert.equal(axisSpan(0, false), 60);
  assert.equal(axisSpan(61, false), 120);
  assert.equal(axisSpan(43_200, false), 43_200);
  for (let seconds = 0; seconds < 43_200; seconds += 97) {
    assert.ok(axisSpan(seconds, false) >= seconds);
  }
  assert.equal(axisSpan(754, true), 754, "an ended session fills it");
});

test("ticks are at full times of the day, and not too many", () => {
  const start = Date.UTC(2026, 2, 1, 3, 12, 41);
  const { times, hasSeconds } = tickTimes(start, 3600, 8, 330); // in India
  assert.equal(hasSeconds, false);
  assert.ok(times.length > 3 && times.length <= 8);
  for (const time of times) {
    assert.equal(new Date(time + 330 * 60_000).getUTCMinutes() % 10, 0);
    assert.ok(time >= start && time <= start + 3_600_000);
  }
});

test("no line is drawn over a time without a score", () => {
  const trend = createTrendSteps();
  for (let second = 0; second < 10; second += 1) trend.addScore(second, 3);
  trend.addGap("not-in-view", 9, 30);
  for (let second = 30; second < 40; second += 1) trend.addScore(second, 3);
  const steps = trend.forSpan(60, 60);
  assert.equal(linePath(steps, AXES).split("M").length - 1, 2);
  assert.deepEqual(
    gapRuns(steps, 40),
    [{ gap: "not-in-view", from: 9, to: 30 }].map(fromFirstEmpty),
  );
});

/** The step that has a score and a gap is drawn as score, unless most of it is gap. */
function fromFirstEmpty(run) {
  return { ...run, from: run.from };
}

test("few frames a second are one line", () => {
  const trend = createTrendSteps();
  for (let second = 0; second < 50; second += 2) trend.addScore(second, 3);
  assert.equal(linePath(trend.forSpan(60, 720), AXES).split("M").length - 1, 1);
});

test("a single score is seen", () => {
  const trend = createTrendSteps();
  trend.addScore(5, 3);
  assert.match(linePath(trend.forSpan(60, 60), AXES), /^M5\.5 3\.0h1$/);
});

test("the band keeps a peak of one frame in twelve hours", () => {
  const trend = createTrendSteps();
  for (let second = 0; second < 43_200; second += 1)
    trend.addScore(second, second === 9999 ? 15 : 1);
  const path = bandPath(trend.forSpan(43_200, 720), AXES);
  assert.ok(path.includes(" 15.0"));
});

test("drawing costs the same after twelve hours as after a minute", () => {
  const trend = createTrendSteps();
  const lengths = [];
  for (let second = 0; second < 43_200; second += 1) {
    trend.addScore(second + 0.1, 3 + Math.sin(second));
    trend.addScore(second + 0.6, 3 - Math.sin(second));
    if (second === 59 || second === 43_199) {
      const steps = trend.forSpan(axisSpan(second, false), 720);
      lengths.push(linePath(steps, AXES).split("L").length);
    }
  }
  assert.ok(lengths[1] <= 721 && lengths[1] > 500, `${lengths}`);
});
