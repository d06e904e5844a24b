// Frames per second and latency, over the last two seconds.

const WINDOW = 2000; // milliseconds

/** Return a meter: tick(latency in ms) per frame drawn, read() for the text. */
export function createRate() {
  let ticks = []; // [time, latency]

  return {
    tick(latency) {
      const now = performance.now();
      ticks.push([now, latency]);
      ticks = ticks.filter(([time]) => now - time < WINDOW);
    },
    /** Return such as "24 frames/s, 41 ms", or an empty text before the first second is over. */
    read() {
      if (ticks.length < 2) return "";
      const span = ticks.at(-1)[0] - ticks[0][0];
      if (span < WINDOW / 2) return "";
      const latencies = ticks.map(([, latency]) => latency).sort((a, b) => a - b);
      const middle = latencies[Math.floor(latencies.length / 2)];
      return `${Math.round(((ticks.length - 1) * 1000) / span)} frames/s, ${Math.round(middle)} ms`;
    },
    reset() {
      ticks = [];
    },
  };
}
