// The live socket: frames go out while there is room, answers come back with their frame's number.

import { tokenProtocols } from "./token.js";

// While one frame is assessed the next may be on its way, so that the server need not wait for it.
// On a slow machine that frame would only grow old in the queue: there, one at a time is better.
const SLOW = 100; // milliseconds from a frame's capture to its answer
const MEMORY = 0.8; // weight of the past in the running mean of that time

/**
 * Open the socket. onAnswer(answer, frame) gets what was sent with the frame; onClose() is told when
 * the connection ends without close() having been called; withMap: ask for the map as well;
 * settings: of the track, such as {smoothing: 1}; neutral: the person's neutral face, or null.
 */
export function openSocket(handlers) {
  const { onAnswer, onClose, withMap = false, settings = {} } = handlers;
  let { neutral = null } = handlers;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const asked = new URLSearchParams({ ...(withMap && { explain: "heatmap" }), ...settings });
  const socket = new WebSocket(`${scheme}://${location.host}/v1/live?${asked}`, tokenProtocols());
  const pending = new Map(); // frame number -> frame
  let sent = 0;
  let latency = 0;
  let wanted = true;
  const tell = (face) => socket.send(JSON.stringify({ neutral: face }));

  socket.addEventListener("open", () => neutral && tell(neutral));

  socket.addEventListener("message", ({ data }) => {
    const answer = JSON.parse(data);
    const frame = pending.get(answer.frame);
    if (frame) latency = MEMORY * latency + (1 - MEMORY) * (performance.now() - frame.captured);
    // The newest frame wins: older ones without an answer were passed over.
    for (const number of pending.keys()) if (number <= answer.frame) pending.delete(number);
    if (wanted && frame) onAnswer(answer, frame);
  });
  socket.addEventListener("close", () => wanted && onClose());

  return {
    /** Whether another frame may be sent. */
    ready: () =>
      socket.readyState === WebSocket.OPEN && pending.size < (latency > SLOW ? 1 : 2),
    /** Send a frame: its `blob`, and when it was `captured` on the page's clock. */
    send(frame) {
      if (socket.readyState !== WebSocket.OPEN) return;
      sent += 1;
      pending.set(sent, frame);
      socket.send(frame.blob);
    },
    /** Compare the frames from here on with a neutral face; null for none. */
    compare(face) {
      neutral = face;
      if (socket.readyState === WebSocket.OPEN) tell(face);
    },
    close() {
      wanted = false;
      socket.close();
    },
  };
}
