import assert from "node:assert/strict";
import test from "node:test";

import { createWarmUp } from "../../../src/wince/server/static/engine/device/warm_up.js";

test("each call runs one network, on squares of its size, until no more is of use", async () => {
  const sides = [];
  const warmUp = createWarmUp({
    candidates: async ({ width, height, data }) => {
      assert.equal(data.length, width * height * 3);
      sides.push(width);
    },
    estimator: { spec: { size: 112 }, estimate: async ([{ width }]) => sides.push(width) },
  });
  let calls = 1;
  while (await warmUp()) calls += 1;
  assert.equal(sides.length, calls);
  const estimates = sides.filter((side) => side === 112).length;
  assert.ok(estimates > 1 && calls - estimates > 10);
  assert.equal(sides.filter((side) => side === 128).length, calls - estimates);
  assert.equal(await warmUp(), false);
  assert.equal(sides.length, calls);
});
