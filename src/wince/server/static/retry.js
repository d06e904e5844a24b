// Retries with growing pauses.

const [FIRST_PAUSE, LONGEST_PAUSE] = [500, 15000]; // milliseconds

/** Return a retrier, which calls an attempt after a pause; each pause is twice as long. */
export function createRetry() {
  let pause = FIRST_PAUSE;
  /** @type {number | undefined} */
  let timer;

  return {
    /**
     * Call `attempt` after the current pause.
     *
     * @param {() => void} attempt
     */
    schedule(attempt) {
      clearTimeout(timer);
      timer = window.setTimeout(attempt, pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    },
    /** Make the next pause short again, because the last attempt succeeded. */
    reset() {
      pause = FIRST_PAUSE;
    },
    /** Cancel the scheduled attempt. */
    cancel() {
      clearTimeout(timer);
      pause = FIRST_PAUSE;
    },
  };
}
