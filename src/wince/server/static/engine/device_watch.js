// Watches the frames of a source on the device: the pixels of the followed face, or now and then of
// the whole frame, go to the engine's worker, one frame at a time.

/** @import { FrameSource, Watch, WatchAnswer, WatchOptions } from "./engine.js" */
/** @import { CallWorker, FrameAnswer } from "./device/worker_calls.js" */
/** @import { Box, Track } from "../types.js" */

import { UserError, problemOf } from "../errors.js";
import { encodeJpeg } from "./jpeg.js";
import { createPersonsInView, createRegions, isWhole } from "./regions.js";

let watches = 0;

/**
 * Watch the frames of a source.
 *
 * @param {CallWorker} call
 * @param {FrameSource} source
 * @param {WatchOptions} options
 * @returns {Watch}
 */
export function watchOnDevice(call, source, options) {
  const { settings, neutral, withMap, onAnswer, onConnection, onPause } = options;
  const number = (watches += 1);
  const regions = createRegions();
  const personsInView = createPersonsInView();
  const began = performance.now();
  let isClosed = false;
  /** @type {Promise<void>} */
  let running = Promise.resolve();
  let isRunning = false;
  let isDue = false; // whether a frame was asked for while another one was assessed
  let isPaused = false;

  // A camera is not watched while nobody looks at the page; a recording is assessed to its end.
  function pauseIfHidden() {
    const isHidden = document.hidden && source.seconds() === null;
    if (isHidden !== isPaused) onPause((isPaused = isHidden));
  }

  /**
   * Call a function of this watch in the worker; what goes wrong is shown as trouble.
   *
   * @param {string} name
   * @param {unknown} value
   */
  function tell(name, value) {
    call(name, [number, value]).catch((error) => {
      if (!isClosed) onConnection(problemOf(error));
    });
  }

  document.addEventListener("visibilitychange", pauseIfHidden);
  pauseIfHidden();
  tell("openWatch", settings);
  if (neutral) tell("setNeutralFace", neutral);
  tell("setMap", withMap);

  /** @param {import("./regions.js").Part} part */
  async function assess(part) {
    const recorded = source.seconds();
    // A canvas scales in each browser in another way, so the worker reduces whole frames. A crop stays
    // as it is: to reduce it takes longer than the worker gains by that.
    const longestSide = part.isSearch ? part.longestSide : Infinity;
    const grabbed = await source.grab(part.region, Infinity);
    if (!grabbed || isClosed || isPaused) return;
    const { pixels, region, size, captured } = grabbed;
    const seconds = recorded ?? (captured - began) / 1000;
    const frame = { pixels, region, size, seconds, longestSide };
    /** @type {FrameAnswer} */
    const answer = await call("assessFrame", [number, frame], [pixels.data.buffer]);
    if (isClosed || isPaused) return;
    onConnection(null);
    const { assessment, isAbsent, person } = answer;
    const isComplete = isWhole(region, size);
    regions.seen(followedBox(answer));
    if (isComplete) regions.sawOthers(answer.persons.filter((each) => each.number !== person));
    onAnswer({
      assessment,
      isAbsent,
      problem: null,
      track: /** @type {Track | null} */ (answer.track),
      person,
      persons: personsInView(answer.persons, person, isComplete, captured),
      size,
      picture: { region, toJpeg: () => encodeJpeg(answer.pixels) },
      seconds,
      latency: performance.now() - captured,
    });
  }

  function step() {
    isDue = isRunning;
    if (isRunning || isClosed || isPaused) return;
    const size = source.size();
    const part = size && regions.next(size, performance.now());
    if (!part) return;
    isRunning = true;
    running = assess(part)
      .catch((error) => {
        if (!isClosed) onConnection(problemOf(error));
        if (!(error instanceof UserError)) throw error;
      })
      .finally(() => {
        isRunning = false;
        if (isDue) step();
      });
  }

  return {
    step: async () => step(),
    settle: () => running,
    choose: (person) => tell("choose", person),
    setNeutralFace: (face) => tell("setNeutralFace", face),
    setMap: (isOn) => tell("setMap", isOn),
    close() {
      isClosed = true;
      document.removeEventListener("visibilitychange", pauseIfHidden);
      tell("closeWatch", null);
    },
  };
}

/**
 * Return the box of the followed person, null if they are not in view.
 *
 * @param {FrameAnswer} answer
 * @returns {Box | null}
 */
function followedBox({ assessment, person, persons }) {
  return assessment?.face.box ?? persons.find(({ number }) => number === person)?.box ?? null;
}
