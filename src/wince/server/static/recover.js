// Try again until it works, with pauses that grow.

const [FIRST, LONGEST] = [500, 15000]; // milliseconds

/** Return a retrier: again(attempt) calls it after a pause, and longer ones while it fails. */
export function createRecovery() {
  let pause = FIRST;
  let timer = null;

  return {
    /** Call `attempt` after the present pause; the next one is twice as long. */
    again(attempt) {
      clearTimeout(timer);
      timer = setTimeout(attempt, pause);
      pause = Math.min(2 * pause, LONGEST);
    },
    /** It works: the next pause is short again. */
    worked() {
      pause = FIRST;
    },
    /** Call it off. */
    stop() {
      clearTimeout(timer);
      pause = FIRST;
    },
  };
}
