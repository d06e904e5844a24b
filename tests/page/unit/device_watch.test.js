// The watch of the engine on the device, with a worker that the test answers for.

import assert from "node:assert/strict";
import test from "node:test";

globalThis.document = Object.assign(new EventTarget(), { hidden: false });
const { watchOnDevice } = await import("../../../src/wince/server/static/engine/device_watch.js");
const { UserError } = await import("../../../src/wince/server/static/errors.js");

const SIZE = { width: 1920, height: 1080 };
const FACE = [900, 500, 970, 570];
const PIXELS = { data: new Uint8ClampedArray(8), width: 2, height: 1 };
const ANSWER = {
  assessment: { face: { box: FACE } },
  isAbsent: false,
  track: null,
  person: 1,
  persons: [{ number: 1, box: FACE }],
  pixels: PIXELS,
};

/** Return a source of frames, and the regions and longest sides that were drawn. */
function createSource(seconds = null) {
  const grabs = [];
  return {
    grabs,
    size: () => SIZE,
    seconds: () => seconds,
    async grab(region, longestSide) {
      grabs.push([region, longestSide]);
      const [x0, y0, x1, y1] = region ?? [0, 0, SIZE.width, SIZE.height];
      const pixels = { data: new Uint8ClampedArray(4), width: x1 - x0, height: y1 - y0 };
      return { pixels, region: [x0, y0, x1, y1], size: SIZE, captured: performance.now() };
    },
  };
}

/** Return a worker whose frames wait for `answer`. */
function createWorker() {
  const calls = [];
  const waiting = [];
  const call = (name, values) => {
    calls.push([name, ...values.slice(1)]);
    if (name !== "assessFrame") return Promise.resolve();
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  return { calls, call, next: () => waiting.shift() };
}

function watch({ source = createSource(), neutral = null } = {}) {
  const worker = createWorker();
  const answers = [];
  const problems = [];
  const pauses = [];
  const watching = watchOnDevice(worker.call, source, {
    settings: { hold: 1 },
    neutral,
    withMap: true,
    onAnswer: (answer) => answers.push(answer),
    onConnection: (problem) => problems.push(problem),
    onPause: (isPaused) => pauses.push(isPaused),
  });
  return { ...worker, source, answers, problems, pauses, watching };
}

/** Hide the page, or show it. */
function setHidden(isHidden) {
  document.hidden = isHidden;
  document.dispatchEvent(new Event("visibilitychange"));
}

test("one frame at a time is assessed: first the whole one, to be reduced, then the face at full size", async () => {
  const { watching, source, calls, next, answers } = watch();
  await watching.step();
  assert.deepEqual(source.grabs, [[null, Infinity]]);
  next().resolve(ANSWER);
  await watching.settle();
  assert.equal(answers[0].persons[0].number, 1);
  await watching.step();
  const [[x0, y0, x1, y1], longestSide] = source.grabs[1];
  assert.equal(longestSide, Infinity);
  assert.ok(x0 < FACE[0] && y0 < FACE[1] && x1 > FACE[2] && y1 > FACE[3] && x1 - x0 < 640);
  const frames = calls.filter(([name]) => name === "assessFrame").map(([, frame]) => frame);
  assert.deepEqual(
    frames.map((frame) => frame.longestSide),
    [1280, Infinity],
  );
});

test("a frame that was asked for while another was assessed is taken as soon as there is an answer", async () => {
  const { watching, source, next } = watch();
  await watching.step();
  await watching.step();
  await watching.step();
  next().resolve(ANSWER);
  await watching.settle();
  assert.equal(source.grabs.length, 2);
  next().resolve(ANSWER);
  await watching.settle();
  assert.equal(source.grabs.length, 2); // nobody has asked for another one
});

test("the pixels alone go to the worker, and the image is encoded when it is asked for", async (context) => {
  const drawn = [];
  const canvas = {
    getContext: () => ({ putImageData: (image) => drawn.push(image) }),
    toBlob: (done, type) => done(type),
  };
  globalThis.ImageData = function (data, width, height) {
    return { data, width, height };
  };
  document.createElement = () => canvas;
  context.after(() => delete document.createElement);
  const { watching, calls, next, answers } = watch();
  await watching.step();
  const { pixels } = calls.at(-1)[1];
  assert.deepEqual([pixels.width, pixels.height, pixels.data.length], [1920, 1080, 4]);
  next().resolve(ANSWER);
  await watching.settle();
  assert.equal(drawn.length, 0);
  assert.equal(await answers[0].picture.toJpeg(), "image/jpeg");
  assert.deepEqual(drawn, [PIXELS]);
  assert.deepEqual([canvas.width, canvas.height], [2, 1]);
});

test("a camera is not watched while the page is hidden, and a recording is assessed to its end", async () => {
  const camera = watch();
  const recording = watch({ source: createSource(3) });
  setHidden(true);
  await camera.watching.step();
  await recording.watching.step();
  setHidden(false);
  assert.equal(camera.source.grabs.length, 0);
  assert.deepEqual([camera.pauses, recording.pauses], [[true, false], []]);
  assert.equal(recording.source.grabs.length, 1);
  recording.next().resolve(ANSWER);
  await recording.watching.settle();
  assert.equal(recording.answers[0].seconds, 3);
});

test("a frame that was under way when the page was hidden is not answered", async () => {
  const { watching, next, answers, problems, source } = watch();
  await watching.step();
  setHidden(true);
  next().resolve(ANSWER);
  await watching.settle();
  assert.deepEqual([answers.length, problems.length], [0, 0]);
  setHidden(false);
  await watching.step();
  assert.equal(source.grabs.length, 2);
  next().resolve(ANSWER);
  await watching.settle();
  assert.equal(answers.length, 1);
});

test("a watch that is closed, or opened on a hidden page, tells what is so", () => {
  const closed = watch();
  closed.watching.close();
  setHidden(true);
  assert.deepEqual(closed.pauses, []);
  assert.deepEqual(watch().pauses, [true]);
  setHidden(false);
});

test("settings, the neutral face, the map and the person reach the worker in order", () => {
  const neutral = { raw_score: 1 };
  const { watching, calls } = watch({ neutral });
  watching.choose(2);
  watching.setMap(false);
  watching.setNeutralFace(null);
  watching.close();
  assert.deepEqual(calls, [
    ["openWatch", { hold: 1 }],
    ["setNeutralFace", neutral],
    ["setMap", true],
    ["choose", 2],
    ["setMap", false],
    ["setNeutralFace", null],
    ["closeWatch", null],
  ]);
});

test("a frame that fails is told, and the next one takes the problem back", async () => {
  const { watching, next, problems, answers } = watch();
  await watching.step();
  next().reject(new UserError("device-failed"));
  await watching.settle();
  assert.equal(problems[0].code, "device-failed");
  await watching.step();
  next().resolve({ ...ANSWER, assessment: null, isAbsent: true, persons: [] });
  await watching.settle();
  assert.deepEqual(problems.slice(1), [null]);
  assert.ok(answers[0].isAbsent);
});

test("nothing is answered after the watch was closed", async () => {
  const { watching, next, answers } = watch();
  await watching.step();
  watching.close();
  next().resolve(ANSWER);
  await watching.settle();
  assert.equal(answers.length, 0);
});

test("a worker that has stopped is told as long as the watch is open", async () => {
  const problems = [];
  const watching = watchOnDevice(
    () => Promise.reject(new UserError("device-failed")),
    createSource(),
    {
      settings: {},
      neutral: null,
      withMap: false,
      onConnection: ({ code }) => problems.push(code),
    },
  );
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(problems, ["device-failed", "device-failed"]); // opening it, and the map
  watching.close();
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(problems.length, 2);
});
