// The ticker, with a worker made here.

import assert from "node:assert/strict";
import test from "node:test";

let worker;
globalThis.Worker = class extends EventTarget {
  messages = [];
  isTerminated = false;
  constructor() {
    super();
    worker = this;
  }
  postMessage(message) {
    this.messages.push(message);
  }
  terminate() {
    this.isTerminated = true;
  }
};
const { startTicker } = await import("../../../src/wince/server/static/media/ticker.js");

test("each message of the worker is a tick", () => {
  let ticks = 0;
  const end = startTicker(50, () => (ticks += 1));
  assert.deepEqual(worker.messages, [50]);
  for (let count = 0; count < 3; count += 1) worker.dispatchEvent(new Event("message"));
  assert.equal(ticks, 3);
  end();
  assert.ok(worker.isTerminated);
});

test("the page's own timer ticks if the worker cannot be loaded", (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  let ticks = 0;
  const end = startTicker(50, () => (ticks += 1));
  worker.dispatchEvent(new Event("error"));
  context.mock.timers.tick(150);
  assert.equal(ticks, 3);
  end();
  worker.dispatchEvent(new Event("error"));
  context.mock.timers.tick(150);
  assert.equal(ticks, 3);
});
