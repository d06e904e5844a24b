// The live socket of the wince server: frames are sent while there is room, answers come with the
// number of their frame. A lost connection is opened again.

/** @import { FrameSource, Grabbed, Watch, WatchAnswer, WatchOptions } from "./engine.js" */
/** @import { Box, LiveAnswer, NeutralFace } from "../types.js" */

import { createRetry } from "../retry.js";
import { tokenSubprotocols } from "./access_token.js";
import { problemCode } from "./http.js";
import { encodeJpeg } from "./jpeg.js";
import { createPersonsInView, createRegions, isWhole } from "./regions.js";

// While one frame is assessed the next may be sent, so that the server does not have to wait for it.
// On a slow machine that frame would grow old in the queue: there, one frame at a time is better.
const SLOW_LATENCY = 100; // milliseconds from a frame's capture to its answer
const SMOOTHING = 0.8; // weight of the past in the running mean of the latency
const CONNECTION_LOST = { code: "connection-lost", values: {}, detail: "" };

/**
 * Watch the frames of a source by the server's live socket.
 *
 * @param {FrameSource} source
 * @param {WatchOptions} options
 * @returns {Watch}
 */
export function watchBySocket(source, { settings, neutral, withMap, onAnswer, onConnection }) {
  const retry = createRetry();
  const began = performance.now();
  /** @type {ReturnType<typeof openConnection>} */
  let connection;
  let isClosed = false;
  let isGrabbing = false;

  function connect() {
    connection = openConnection(address(withMap, settings), {
      neutral,
      onAnswer(answer, frame) {
        retry.reset();
        onConnection(null);
        onAnswer(toWatchAnswer(answer, frame, began));
      },
      onLost() {
        onConnection(CONNECTION_LOST);
        retry.schedule(connect);
      },
    });
  }

  connect();
  return {
    async step() {
      if (isGrabbing || isClosed || !connection.isReady()) return;
      const target = connection;
      const part = target.nextPart(source);
      if (!part) return;
      isGrabbing = true;
      const seconds = source.seconds();
      try {
        const grabbed = await source.grab(part.region, part.longestSide);
        if (!grabbed) return;
        const { region, size, captured } = grabbed;
        const jpeg = await encodeJpeg(grabbed.pixels);
        const { isSearch } = part;
        if (jpeg && target === connection && !isClosed) {
          target.send({ region, size, captured, jpeg, seconds, isSearch });
        }
      } finally {
        isGrabbing = false;
      }
    },
    settle: () => connection.settle(),
    choose: (person) => connection.sendText({ person }),
    setNeutralFace(face) {
      neutral = face;
      connection.sendText({ neutral: face });
    },
    setMap(isOn) {
      if (isOn === withMap) return;
      withMap = isOn;
      connection.close();
      connect();
    },
    close() {
      isClosed = true;
      retry.cancel();
      connection.close();
    },
  };
}

/**
 * A frame that was sent; `jpeg` shows its region. `isSearch` as of a Part.
 *
 * @typedef {Omit<Grabbed, "pixels"> & { jpeg: Blob, seconds: number | null, isSearch: boolean }} Frame
 */

/**
 * Open a socket.
 *
 * @param {string} url
 * @param {object} options
 * @param {NeutralFace | null} options.neutral
 * @param {(answer: LiveAnswer, frame: Frame) => void} options.onAnswer
 * @param {() => void} options.onLost Called when the connection ends without `close`.
 */
function openConnection(url, { neutral, onAnswer, onLost }) {
  const socket = new WebSocket(url, tokenSubprotocols());
  const regions = createRegions();
  const personsInView = createPersonsInView();
  /** @type {Map<number, Frame>} */
  const pending = new Map(); // by frame number
  /** @type {(() => void)[]} */
  let settled = [];
  let sent = 0;
  let latency = 0;
  let isClosed = false;

  /** @param {unknown} message */
  function sendText(message) {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function tellSettled() {
    for (const resolve of settled) resolve();
    settled = [];
  }

  socket.addEventListener("open", () => {
    if (neutral) sendText({ neutral });
  });
  socket.addEventListener("message", ({ data }) => {
    /** @type {LiveAnswer} */
    const answer = JSON.parse(data);
    if (answer.frame === null) return; // about a text message
    const frame = pending.get(answer.frame);
    if (frame) {
      latency = SMOOTHING * latency + (1 - SMOOTHING) * (performance.now() - frame.captured);
    }
    // The newest frame wins: older frames without an answer were skipped.
    for (const number of pending.keys()) if (number <= answer.frame) pending.delete(number);
    if (answer.persons && frame) {
      regions.seen(followedBox(answer));
      const isComplete = isWhole(frame.region, frame.size);
      const { persons, person = null } = answer;
      if (isComplete) regions.sawOthers(persons.filter(({ number }) => number !== person));
      answer.persons = personsInView(persons, person, isComplete, frame.captured);
    }
    if (!isClosed && frame) onAnswer(answer, frame);
    if (pending.size === 0) tellSettled();
  });
  socket.addEventListener("close", () => {
    pending.clear();
    tellSettled();
    if (!isClosed) onLost();
  });

  return {
    /** Whether another frame may be sent. Behind a search it would grow old. */
    isReady: () =>
      socket.readyState === WebSocket.OPEN &&
      pending.size < (latency > SLOW_LATENCY ? 1 : 2) &&
      ![...pending.values()].some(({ isSearch }) => isSearch),
    /**
     * Return which part of the source's frame is to be sent; null without a frame.
     *
     * @param {FrameSource} source
     */
    nextPart(source) {
      const size = source.size();
      return size && regions.next(size, performance.now());
    },
    /** @param {Frame} frame */
    send(frame) {
      if (socket.readyState !== WebSocket.OPEN) return;
      sent += 1;
      pending.set(sent, frame);
      const { region, size, seconds, jpeg } = frame;
      const time = seconds === null ? {} : { seconds };
      sendText({ frame: { region, size: [size.width, size.height], ...time } });
      socket.send(jpeg);
    },
    sendText,
    /** @returns {Promise<void>} */
    settle() {
      if (pending.size === 0) return Promise.resolve();
      return new Promise((resolve) => settled.push(resolve));
    },
    close() {
      isClosed = true;
      socket.close();
    },
  };
}

/**
 * @param {boolean} withMap
 * @param {Record<string, string | number>} settings
 */
function address(withMap, settings) {
  const texts = Object.entries(settings).map(([name, value]) => [name, String(value)]);
  const query = new URLSearchParams([...texts, ...(withMap ? [["explain", "heatmap"]] : [])]);
  const url = new URL(`v1/live?${query}`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/**
 * Return the box of the followed person, null if they are not in view.
 *
 * @param {LiveAnswer} answer
 * @returns {Box | null}
 */
function followedBox({ assessment, person, persons }) {
  return assessment?.face.box ?? persons?.find(({ number }) => number === person)?.box ?? null;
}

/**
 * @param {LiveAnswer} answer
 * @param {Frame} frame
 * @param {number} began Page time at which the watch began.
 * @returns {WatchAnswer}
 */
function toWatchAnswer(answer, frame, began) {
  const { assessment = null, problem, track = null, person = null, persons = [] } = answer;
  const code = problem && problemCode(problem);
  const isAbsent = code === "no-face";
  return {
    assessment,
    isAbsent,
    problem:
      problem && code && !isAbsent
        ? { code, values: problem.values ?? {}, detail: problem.detail }
        : null,
    track,
    person,
    persons,
    size: frame.size,
    picture: { toJpeg: async () => frame.jpeg, region: frame.region },
    seconds: frame.seconds ?? (frame.captured - began) / 1000,
    latency: performance.now() - frame.captured,
  };
}
