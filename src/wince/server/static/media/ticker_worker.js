// Sends a message at each tick. The first message has the interval in milliseconds.

addEventListener("message", ({ data: interval }) => {
  setInterval(() => postMessage(null), interval);
});
