// The live socket: frames go out while there is room, answers come back with their frame's number.

// One frame is being assessed while the next is on its way; with one alone the server would wait
// for each frame's journey, with more the picture would grow old.
const IN_FLIGHT = 2;

/**
 * Open the socket. onAnswer(answer, frame) gets what was sent with the frame; onClose() is told when
 * the connection ends without close() having been called.
 */
export function openSocket({ onAnswer, onClose }) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/v1/live`);
  const pending = new Map(); // frame number -> frame
  let sent = 0;
  let wanted = true;

  socket.addEventListener("message", ({ data }) => {
    const answer = JSON.parse(data);
    const frame = pending.get(answer.frame);
    // The newest frame wins: older ones without an answer were passed over.
    for (const number of pending.keys()) if (number <= answer.frame) pending.delete(number);
    if (wanted && frame) onAnswer(answer, frame);
  });
  socket.addEventListener("close", () => wanted && onClose());

  return {
    /** Whether another frame may be sent. */
    ready: () => socket.readyState === WebSocket.OPEN && pending.size < IN_FLIGHT,
    /** Send a frame, an object with a `blob`. */
    send(frame) {
      if (socket.readyState !== WebSocket.OPEN) return;
      sent += 1;
      pending.set(sent, frame);
      socket.send(frame.blob);
    },
    close() {
      wanted = false;
      socket.close();
    },
  };
}
