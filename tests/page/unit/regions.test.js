import assert from "node:assert/strict";
import test from "node:test";

import {
  createPersonsInView,
  createRegions,
  isWhole,
  surroundings,
} from "../../../src/wince/server/static/engine/regions.js";

const HD = { width: 1920, height: 1080 };
const FACE = [900, 500, 970, 570];

test("the whole frame is sent, reduced, until a face is followed", () => {
  const regions = createRegions();
  for (const now of [0, 10, 20]) {
    assert.deepEqual(regions.next(HD, now), { region: null, longestSide: 1280, isSearch: true });
  }
});

test("a followed face is sent at full resolution, and the whole frame every two seconds", () => {
  const regions = createRegions();
  regions.next(HD, 0);
  regions.seen(FACE);
  const whole = [];
  for (let now = 66; now < 5000; now += 66) {
    const { region, longestSide } = regions.next(HD, now);
    if (region === null) whole.push(now);
    else {
      const [x0, y0, x1, y1] = region;
      assert.ok(x0 <= FACE[0] && y0 <= FACE[1] && x1 >= FACE[2] && y1 >= FACE[3]);
      assert.ok(Math.max(x1 - x0, y1 - y0) <= longestSide); // not reduced
    }
  }
  assert.deepEqual(whole, [2046, 4092]);
});

test("whole frames come sooner while others are in view, and soonest while they move", () => {
  const regions = createRegions();
  const at = (x) => [{ number: 2, box: [x, 0, x + 100, 100] }];
  let now = 0;
  const untilWhole = () => {
    const begin = now;
    do now += 10;
    while (regions.next(HD, now).region !== null);
    return now - begin;
  };
  regions.next(HD, now);
  regions.seen(FACE);
  const waits = [[], at(0), at(20), at(80), at(300), at(310), [], []].map((others) => {
    regions.sawOthers(others);
    return untilWhole();
  });
  assert.deepEqual(waits, [2000, 400, 1000, 400, 400, 1000, 400, 2000]);
});

test("a face that was not seen where it was is looked for in the whole frame at once", () => {
  const regions = createRegions();
  regions.next(HD, 0);
  regions.seen(FACE);
  assert.notEqual(regions.next(HD, 66).region, null);
  regions.seen(null);
  assert.equal(regions.next(HD, 132).region, null);
});

test("frames of a small camera are sent as they are", () => {
  const regions = createRegions();
  regions.seen([10, 10, 90, 90]);
  assert.equal(regions.next({ width: 640, height: 480 }, 0).region, null);
  assert.equal(regions.next({ width: 640, height: 480 }, 66).region, null);
});

test("surroundings of a face stay in the frame and have whole pixels", () => {
  for (const box of [
    [-5.5, -3, 60, 70],
    [1890.2, 1040, 1930, 1085],
    [0, 0, 1920, 1080],
  ]) {
    const [x0, y0, x1, y1] = surroundings(box, HD);
    assert.ok(x0 >= 0 && y0 >= 0 && x1 <= HD.width && y1 <= HD.height && x1 > x0 && y1 > y0);
    assert.ok([x0, y0, x1, y1].every(Number.isInteger));
  }
});

test("others of the last whole frame stay in view beside the followed person of a crop", () => {
  const inView = createPersonsInView();
  const [first, second, moved] = [
    { number: 1, box: [0, 0, 9, 9] },
    { number: 2, box: [20, 0, 29, 9] },
    { number: 1, box: [3, 0, 12, 9] },
  ];
  assert.deepEqual(inView([first, second], 1, true, 0), [first, second]);
  assert.deepEqual(inView([moved], 1, false, 66), [moved, second]);
  assert.deepEqual(inView([], 1, false, 132), [second], "the followed one is not seen");
  assert.deepEqual(inView([moved], 1, false, 2500), [moved], "the whole frame is too old");
  assert.deepEqual(inView([moved], 1, true, 3000), [moved], "the other one has left");
  assert.deepEqual(inView([moved], 1, false, 3066), [moved]);
});

test("a whole frame is told from a crop", () => {
  assert.ok(isWhole([0, 0, 1920, 1080], HD));
  assert.ok(!isWhole([0, 0, 1919, 1080], HD));
});
