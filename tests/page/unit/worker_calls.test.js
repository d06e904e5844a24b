// Calls to the engine's worker, with both sides in one process.

import assert from "node:assert/strict";
import test from "node:test";

import {
  Moved,
  answerCalls,
  createCalls,
} from "../../../src/wince/server/static/engine/device/worker_calls.js";
import { UserError } from "../../../src/wince/server/static/errors.js";

/** Return the worker as the page sees it, and start to answer in it. */
function startWorker(functions) {
  const page = new EventTarget();
  const inside = new EventTarget();
  const deliver = (target, data) => target.dispatchEvent(new MessageEvent("message", { data }));
  page.postMessage = (data) => queueMicrotask(() => deliver(inside, data));
  inside.postMessage = (data, options) => {
    const copy = structuredClone(data, options);
    queueMicrotask(() => deliver(page, copy));
  };
  globalThis.self = inside;
  answerCalls(functions);
  return page;
}

const NEVER = new Promise(() => {});

test("results and problems reach the call that they belong to, one call after the other", async () => {
  const running = [];
  const call = createCalls(
    startWorker({
      async slow(value) {
        running.push(`begin ${value}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running.push(`end ${value}`);
        return 2 * value;
      },
      refuse() {
        throw new UserError("no-face", { number: 3 }, "No face.");
      },
    }),
    NEVER,
  );
  const calls = [call("slow", [1]), call("refuse"), call("slow", [2])];
  await assert.rejects(calls[1], ({ problem }) => {
    assert.deepEqual(problem, { code: "no-face", values: { number: 3 }, detail: "No face." });
    return true;
  });
  assert.deepEqual([await calls[0], await calls[2]], [2, 4]);
  assert.deepEqual(running, ["begin 1", "end 1", "begin 2", "end 2"]);
});

test("memory that is named for it moves to the page, and is no longer the worker's", async () => {
  const data = new Uint8Array([1, 2, 3]);
  const call = createCalls(
    startWorker({
      move: () => new Moved({ data }, [data.buffer]),
    }),
    NEVER,
  );
  assert.deepEqual(await call("move"), { data: new Uint8Array([1, 2, 3]) });
  assert.equal(data.byteLength, 0);
});

test("an error of the worker's own is a problem that the page has a text for", async (context) => {
  context.mock.method(console, "error", () => {});
  const call = createCalls(startWorker({}), NEVER);
  await assert.rejects(call("missing"), ({ problem }) => problem.code === "device-failed");
});

test("a worker that stopped fails the calls that wait, and those after", async () => {
  let stop;
  const stopped = new Promise((resolve) => (stop = resolve));
  const call = createCalls(startWorker({ never: () => NEVER }), stopped);
  const waiting = call("never");
  stop();
  for (const each of [waiting, call("never")]) {
    await assert.rejects(each, ({ problem }) => problem.code === "device-failed");
  }
});
