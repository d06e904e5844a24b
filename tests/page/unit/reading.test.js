// The engine on the device reads the same from scores as Python, by the vectors that it wrote.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  Calibration,
  betweenOf,
} from "../../../src/wince/server/static/engine/device/runtime/calibration.js";
import { interpret } from "../../../src/wince/server/static/engine/device/runtime/estimator.js";
import { placeMaps } from "../../../src/wince/server/static/engine/device/runtime/heatmap.js";
import {
  changeOf,
  medianFace,
} from "../../../src/wince/server/static/engine/device/runtime/neutral.js";
import { levelRanges } from "../../../src/wince/server/static/engine/device/runtime/score_filter.js";
import {
  Track,
  trackSettings,
} from "../../../src/wince/server/static/engine/device/runtime/track.js";
import { rounded } from "../../../src/wince/server/static/engine/device/rounding.js";
import { UNIT_NAMES, scaleOf } from "../../../src/wince/server/static/engine/device/scale.js";

const ROOT = new URL("../../../", import.meta.url);
const TEXTS = readJson("src/wince/texts/en.json").speech;
const CLOSE = 1e-9; // of numbers that are not rounded

function readJson(path) {
  return JSON.parse(readFileSync(new URL(path, ROOT), "utf-8"));
}

function vectors(name) {
  const cases = readJson(`tests/vectors/${name}.json`);
  assert.ok(cases.length > 1);
  return cases;
}

function assertClose(actual, expected) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, index) => assert.ok(Math.abs(value - expected[index]) < CLOSE));
}

test("numbers are rounded as Python does, ties to the even decimal", () => {
  const ties = [0.5, 1.5, 2.5, -0.5, -1.5].map((value) => rounded(value, 0));
  assert.deepEqual(ties, [0, 2, 2, 0, -2]);
  const thousandths = [0.0625, 0.1875, -0.0625, 2.0005, 1.0005].map((value) => rounded(value, 3));
  assert.deepEqual(thousandths, [0.062, 0.188, -0.062, 2.001, 1]);
});

test("without the frequency of each level the unknown share is divided like the rest", () => {
  const [{ data, scale: scaleData }] = vectors("calibration");
  const scale = scaleOf(scaleData);
  const { level_probabilities: shares } = new Calibration({ ...data, prior: [] }, scale).score(3);
  const sum = scale.levels.reduce((total, name) => total + shares[name], 0);
  assertClose([sum], [1]);
});

test("scores, intervals, levels and probabilities of a calibration are those of Python", () => {
  for (const { data, scale: scaleData, ranges, scores } of vectors("calibration")) {
    const scale = scaleOf(scaleData);
    const calibration = new Calibration(data, scale);
    for (const { raw, exact, stated } of scores) {
      const { score: median, interval } = calibration.score(raw);
      assertClose([median, ...interval], exact);
      const score = calibration.stated(raw);
      assert.deepEqual({ ...score, between: betweenOf(score, scale) }, stated);
    }
    const ends = levelRanges(calibration).flat();
    assertClose(ends.slice(1, -1), ranges.flat().slice(1, -1));
  }
});

test("the statements of a track are those of Python at each of its frames", () => {
  const kinds = new Set();
  for (const { calibration, settings, rows, refusal, states } of vectors("track")) {
    const { data, scale } = vectors("calibration")[calibration];
    const track = new Track(new Calibration(data, scale), TEXTS, trackSettings(settings));
    const expected = new Map(states);
    rows.forEach((row, index) => {
      const state = stateAfter(track, row, refusal);
      if (!expected.has(index)) return;
      assert.deepEqual(state, expected.get(index), `frame ${index}`);
      if (state) kinds.add(state.statement.kind).add(state.eyes);
    });
  }
  const all = [
    "level",
    "between",
    "changing",
    "not-in-view",
    "cannot-tell",
    "score",
    "blink",
    "closed",
  ];
  assert.ok(all.every((kind) => kinds.has(kind)));
});

function stateAfter(track, [seconds, what, units], refusal) {
  if (what === "busy") return track.current(seconds);
  if (what === "absent") return track.update(seconds, null);
  if (what === "refused") return track.update(seconds, refusal);
  return track.update(seconds, { raw_score: what, action_units: units && byName(units) });
}

function byName(units) {
  return Object.fromEntries(UNIT_NAMES.map((name, index) => [name, units[index]]));
}

test("settings of a track that are out of range are refused", () => {
  assert.equal(trackSettings({ hold: "2" }).hold, 2);
  for (const wrong of [{ hold: -1 }, { margin: 6 }, { away: 0 }, { smoothing: "much" }]) {
    assert.throws(() => trackSettings(wrong), RangeError);
  }
});

test("neutral faces, and changes against them, are those of Python", () => {
  for (const { scores, scale, model, neutral, expression, change } of vectors("neutral")) {
    assert.deepEqual(medianFace(scores, model), neutral);
    const { action_units: units, raw_score: raw } = expression;
    assert.deepEqual(changeOf(units, raw, neutral, scaleOf(scale)), change);
  }
});

test("outputs of a network are read as Python reads them", () => {
  for (const { head, scale, scores, maps, quad, units, raw, heatmaps } of vectors("estimate")) {
    const [count, outputs] = [scores.length, scores[0].length];
    const tensors = [
      { data: Float32Array.from(scores.flat()), dims: [count, outputs] },
      { data: Float32Array.from(maps), dims: [count, outputs, 4, 4] },
    ];
    const estimates = interpret(...tensors, head);
    assert.deepEqual(
      estimates.map((estimate) => estimate.raw),
      raw,
    );
    assert.deepEqual(
      estimates.map((estimate) => estimate.units && [...estimate.units]),
      units,
    );
    assert.deepEqual(
      estimates.map((estimate) => placeMaps(estimate, quad, scale)),
      heatmaps,
    );
    assert.throws(() => interpret(tensors[0], { ...tensors[1], dims: [count, 2, 4, 4] }, head));
    tensors[1].data[3] = NaN;
    assert.throws(() => interpret(...tensors, head), /not finite/);
  }
});
