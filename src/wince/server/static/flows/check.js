// "Check now": a sample of three seconds with one result, the middle one of its frames.

/** @import { Assessment } from "../types.js" */
/** @import { WatchAnswer } from "../engine/engine.js" */
/** @import { Problem } from "../errors.js" */

export const SAMPLE_SECONDS = 3;
const LONGEST_SECONDS = 10; // on a slow machine, until there are enough frames
const MIN_FRAMES = 5; // frames in which the person was looked for

/** @typedef {WatchAnswer & { assessment: Assessment }} SampleFrame */

/** Return an empty sample. */
export function createSample() {
  /** @type {SampleFrame[]} */
  const judged = [];
  /** @type {string[]} */
  const reasons = []; // one for each frame that was not judged

  return {
    /**
     * Add an answer. A frame that only finds faces, or was not assessed, does not count.
     *
     * @param {WatchAnswer} answer
     */
    add(answer) {
      const { assessment, isAbsent } = answer;
      if (assessment && assessment.score !== null)
        judged.push(withEncoded({ ...answer, assessment }));
      else if (assessment) reasons.push(Object.keys(assessment.quality.reasons)[0]);
      else if (isAbsent) reasons.push("not-in-view");
    },
    /**
     * Return whether the sample is complete.
     *
     * @param {number} seconds Since its beginning.
     */
    isComplete(seconds) {
      const frames = judged.length + reasons.length;
      return seconds >= (frames >= MIN_FRAMES ? SAMPLE_SECONDS : LONGEST_SECONDS);
    },
    /**
     * Return the frame with the median of the scores, or why there is no result: fewer than half of
     * the frames were judged, or there are too few.
     *
     * @returns {SampleFrame | Problem}
     */
    result() {
      if (reasons.length > judged.length) {
        return { code: `check-${mostFrequent(reasons)}`, values: {}, detail: "" };
      }
      if (judged.length + reasons.length < MIN_FRAMES)
        return { code: "check-too-few", values: {}, detail: "" };
      const sorted = judged.toSorted((a, b) => score(a) - score(b));
      return sorted[sorted.length >> 1];
    },
  };
}

/**
 * Return a frame whose picture is encoded now: the pixels of a whole sample need too much memory.
 *
 * @param {SampleFrame} frame
 * @returns {SampleFrame}
 */
function withEncoded(frame) {
  const { region, toJpeg } = frame.picture;
  const jpeg = toJpeg();
  return { ...frame, picture: { region, toJpeg: () => jpeg } };
}

/** @param {SampleFrame} frame */
function score({ assessment }) {
  return assessment.score ?? 0;
}

/** @param {string[]} names */
function mostFrequent(names) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
