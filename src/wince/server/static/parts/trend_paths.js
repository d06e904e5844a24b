// The shapes of a trend: the line of the mean score, the band from the lowest to the highest, and the
// times without a score.

/** @import { Gap, Steps } from "../session/trend_steps.js" */

/** @typedef {{ x: (seconds: number) => number, y: (score: number) => number }} Axes */
/** @typedef {{ gap: Gap, from: number, to: number }} GapRun A time without a score, in seconds. */

/** Seconds between two scores over which a line is drawn, if nothing else is known of the time. */
const LONGEST_STEP = 2;

/**
 * Return the runs of consecutive steps with a score, each as a list of step numbers.
 *
 * @param {Steps} steps
 */
function scoreRuns(steps) {
  /** @type {number[][]} */
  const runs = [];
  let last = -Infinity;
  let isBroken = true;
  for (let index = 0; index < steps.length(); index += 1) {
    if (steps.frames(index) === 0) {
      isBroken ||= steps.gap(index) !== null;
      continue;
    }
    if (isBroken || (index - last - 1) * steps.step > LONGEST_STEP) runs.push([]);
    runs[runs.length - 1].push(index);
    last = index;
    isBroken = false;
  }
  return runs;
}

/**
 * Return the path of the mean score.
 *
 * @param {Steps} steps
 * @param {Axes} axes
 */
export function linePath(steps, { x, y }) {
  return scoreRuns(steps)
    .map((run) => {
      const points = run.map((index) => point(x(middle(steps, index)), y(steps.mean(index))));
      // A single point is a line of one pixel, so that it is seen.
      return `M${points.join("L")}${points.length === 1 ? "h1" : ""}`;
    })
    .join("");
}

/**
 * Return the path around the lowest and highest scores.
 *
 * @param {Steps} steps
 * @param {Axes} axes
 */
export function bandPath(steps, { x, y }) {
  return scoreRuns(steps)
    .map((run) => {
      /** @type {(value: (index: number) => number) => (index: number) => string} */
      const at = (value) => (index) => point(x(middle(steps, index)), y(value(index)));
      const [highs, lows] = [run.map(at(steps.high)), run.toReversed().map(at(steps.low))];
      return `M${[...highs, ...lows].join("L")}Z`;
    })
    .join("");
}

/**
 * Return the times without a score, the same ones joined.
 *
 * @param {Steps} steps
 * @param {number} end Seconds.
 */
export function gapRuns(steps, end) {
  /** @type {GapRun[]} */
  const runs = [];
  for (let index = 0; index < steps.length(); index += 1) {
    const gap = steps.gap(index);
    if (gap === null) continue;
    const last = runs[runs.length - 1];
    const [from, to] = [index * steps.step, Math.min(end, (index + 1) * steps.step)];
    if (last?.gap === gap && last.to === from) last.to = to;
    else runs.push({ gap, from, to });
  }
  return runs;
}

/**
 * @param {Steps} steps
 * @param {number} index
 */
function middle({ step }, index) {
  return (index + 0.5) * step;
}

/**
 * @param {number} x
 * @param {number} y
 */
function point(x, y) {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
