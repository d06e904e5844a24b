// The live socket: frames are sent while there is room, answers come with the number of their frame.

/** @import { LiveAnswer, NeutralFace } from "../types.js" */

import { tokenSubprotocols } from "./access_token.js";

// While one frame is assessed the next may be sent, so that the server does not have to wait for it.
// On a slow machine that frame would grow old in the queue: there, one frame at a time is better.
const SLOW_LATENCY = 100; // milliseconds from a frame's capture to its answer
const SMOOTHING = 0.8; // weight of the past in the running mean of the latency

/** @typedef {{ blob: Blob, width: number, height: number, captured: number }} Frame captured: page time */
/** @typedef {ReturnType<typeof openSocket>} LiveSocket */

/**
 * Open the socket.
 *
 * @param {object} options
 * @param {(answer: LiveAnswer, frame: Frame) => void} options.onAnswer
 * @param {() => void} options.onLost Called when the connection ends without `close`.
 * @param {boolean} options.withMap Whether answers contain the map.
 * @param {Record<string, string>} options.settings Settings of the track.
 * @param {NeutralFace | null} options.neutral The person's neutral face.
 */
export function openSocket({ onAnswer, onLost, withMap, settings, neutral }) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const query = new URLSearchParams({ ...(withMap && { explain: "heatmap" }), ...settings });
  const socket = new WebSocket(
    `${scheme}://${location.host}/v1/live?${query}`,
    tokenSubprotocols(),
  );
  /** @type {Map<number, Frame>} */
  const pending = new Map(); // by frame number
  let sent = 0;
  let latency = 0;
  let closed = false; // by this page

  /** @param {NeutralFace | null} face */
  function sendNeutral(face) {
    socket.send(JSON.stringify({ neutral: face }));
  }

  socket.addEventListener("open", () => {
    if (neutral) sendNeutral(neutral);
  });
  socket.addEventListener("message", ({ data }) => {
    const answer = JSON.parse(data);
    if (answer.frame === null) return; // about a text message
    const frame = pending.get(answer.frame);
    if (frame) {
      latency = SMOOTHING * latency + (1 - SMOOTHING) * (performance.now() - frame.captured);
    }
    // The newest frame wins: older frames without an answer were skipped.
    for (const number of pending.keys()) if (number <= answer.frame) pending.delete(number);
    if (!closed && frame) onAnswer(answer, frame);
  });
  socket.addEventListener("close", () => {
    if (!closed) onLost();
  });

  return {
    /** Whether another frame may be sent. */
    isReady: () =>
      socket.readyState === WebSocket.OPEN && pending.size < (latency > SLOW_LATENCY ? 1 : 2),
    /** @param {Frame} frame */
    send(frame) {
      if (socket.readyState !== WebSocket.OPEN) return;
      sent += 1;
      pending.set(sent, frame);
      socket.send(frame.blob);
    },
    /**
     * Compare the following frames with a neutral face; null for none.
     *
     * @param {NeutralFace | null} face
     */
    setNeutral(face) {
      neutral = face;
      if (socket.readyState === WebSocket.OPEN) sendNeutral(face);
    },
    /**
     * Follow the person with a number from the next frame on.
     *
     * @param {number} number
     */
    followPerson(number) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ person: number }));
    },
    close() {
      closed = true;
      socket.close();
    },
  };
}
