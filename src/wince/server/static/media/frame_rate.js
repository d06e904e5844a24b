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
    /**
     * Return frames a second and the median latency in milliseconds, null before the first second is
     * over.
     */
    measure() {
      if (ticks.length < 2) return null;
      const span = ticks[ticks.length - 1].time - ticks[0].time;
      if (span < WINDOW / 2) return null;
      const latencies = ticks.map(({ latency }) => latency).sort((a, b) => a - b);
      const latency = Math.round(latencies[Math.floor(latencies.length / 2)]);
      return { rate: Math.round(((ticks.length - 1) * 1000) / span), latency };
    },
    reset() {
      ticks = [];
    },
  };
}
