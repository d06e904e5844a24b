// How long it takes until a video is assessed.

/** @import { Progress } from "../state.js" */

const SPEED_SECONDS = 3; // after which the speed is known

/**
 * Return a function that estimates the seconds until a video is assessed, by the speed since it began
 * or the person was chosen; null as long as that is not known.
 *
 * @param {() => number} [clock] Milliseconds.
 */
export function createForecast(clock = () => performance.now()) {
  /** @type {{ time: number, seconds: number } | null} */
  let begin = null;
  /** @param {Progress | null} progress */
  return (progress) => {
    if (!progress || progress.isChoosing || progress.isFinished) {
      begin = null;
      return null;
    }
    const { seconds, duration } = progress;
    const now = clock() / 1000;
    if (!begin || seconds < begin.seconds) begin = { time: now, seconds };
    const elapsed = now - begin.time;
    if (elapsed < SPEED_SECONDS || seconds === begin.seconds) return null;
    return ((duration - seconds) * elapsed) / (seconds - begin.seconds);
  };
}
