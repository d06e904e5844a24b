import assert from "node:assert/strict";
import test from "node:test";

import { createForecast } from "../../../src/wince/server/static/parts/forecast.js";

test("the time left is that of the speed so far, and unknown at first and while choosing", () => {
  let now = 0;
  const forecast = createForecast(() => now);
  const at = (milliseconds, seconds, change = {}) => {
    now = milliseconds;
    return forecast({ seconds, duration: 1200, isChoosing: false, isFinished: false, ...change });
  };
  assert.equal(forecast(null), null);
  assert.equal(at(0, 0), null);
  assert.equal(at(1000, 3), null);
  assert.equal(at(5000, 15), 395); // three seconds of the video in each second
  assert.equal(at(6000, 15, { isChoosing: true }), null);
  assert.equal(at(60000, 15), null, "the time of choosing does not count");
  assert.equal(at(64000, 23), 588.5);
  assert.equal(at(65000, 25, { isFinished: true }), null);
  assert.equal(at(66000, 0), null, "another video");
});
