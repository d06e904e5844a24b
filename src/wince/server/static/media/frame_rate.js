// Frames per second and latency over the last two seconds.

const WINDOW = 2000; // milliseconds

/** Return a meter of the frames that are drawn. */
export function createFrameRate() {
  /** @type {{ time: number, latency: number }[]} */
  let ticks = [];

  return {
    /**
     * Count a frame.
     *
     * @param {number} latency Milliseconds from its capture.
     */
    tick(latency) {
      const now = performance.now();
      ticks = [...ticks.filter(({ time }) => now - time < WINDOW), { time: now, latency }];
    },
    /** Return a text such as "24 frames/s, 41 ms", or "" before the first second is over. */
    text() {
      if (ticks.length < 2) return "";
      const span = ticks[ticks.length - 1].time - ticks[0].time;
      if (span < WINDOW / 2) return "";
      const latencies = ticks.map(({ latency }) => latency).sort((a, b) => a - b);
      const median = latencies[Math.floor(latencies.length / 2)];
      return `${Math.round(((ticks.length - 1) * 1000) / span)} frames/s, ${Math.round(median)} ms`;
    },
    reset() {
      ticks = [];
    },
  };
}
