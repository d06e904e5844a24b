import assert from "node:assert/strict";
import test from "node:test";

import { isReady, ticksOf } from "../../../src/wince/server/static/flows/ticks.js";

const face = (quality) => ({
  quality: { reasons: {}, warning_codes: [], values: {}, ...quality },
});

test("a face without a defect meets all ticks", () => {
  const ticks = ticksOf(face({}));
  assert.ok(isReady(ticks));
});

test("each defect spoils one tick, with its code and numbers", () => {
  const expected = {
    small: "close",
    cut: "close",
    blurred: "close",
    dark: "light",
    flat: "light",
    turned: "facing",
    doubtful: "facing",
    "eyes-covered": "facing",
    "mouth-covered": "facing",
  };
  for (const [code, name] of Object.entries(expected)) {
    for (const quality of [{ reasons: { [code]: "…" } }, { warning_codes: [code] }]) {
      const ticks = ticksOf(face({ ...quality, values: { [code]: { width: 27 } } }));
      assert.deepEqual(ticks[name], { isMet: false, code, values: { width: 27 } });
      assert.equal(Object.values(ticks).filter(({ isMet }) => isMet).length, 2);
      assert.ok(!isReady(ticks));
    }
  }
});

test("without a face nothing is known and nothing can begin", () => {
  assert.equal(ticksOf(null), null);
  assert.ok(!isReady(null));
});
