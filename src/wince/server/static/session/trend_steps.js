// The filtered score over time in steps of equal length, at every length from a quarter of a second
// to a day: each twice as long as the one before. Drawing takes the length that suits the time it
// shows, so that it costs the same after a minute and after twelve hours.

const SHORTEST = 0.25; // seconds
const LENGTHS = 19;

/** Why there is no score, in the order of their totals. */
export const GAPS = /** @type {const} */ ([
  "not-in-view",
  "cannot-tell",
  "not-connected",
  "page-hidden",
]);

/** @typedef {typeof GAPS[number]} Gap */
/** @typedef {ReturnType<typeof createTrendSteps>} TrendSteps */
/** @typedef {ReturnType<typeof createSteps>} Steps */

/** Return a trend without scores. */
export function createTrendSteps() {
  const all = Array.from({ length: LENGTHS }, (_, index) => createSteps(SHORTEST * 2 ** index));
  return {
    /**
     * Add the score of a frame.
     *
     * @param {number} seconds
     * @param {number} score
     */
    addScore(seconds, score) {
      for (const steps of all) steps.addScore(seconds, score);
    },
    /**
     * Add a time without a score.
     *
     * @param {Gap} gap
     * @param {number} from Seconds.
     * @param {number} to Seconds.
     */
    addGap(gap, from, to) {
      for (const steps of all) steps.addGap(GAPS.indexOf(gap), from, to);
    },
    /**
     * Return the shortest steps of which a time has no more than `count`.
     *
     * @param {number} span Seconds.
     * @param {number} count
     */
    forSpan: (span, count) => all.find(({ step }) => span / step <= count) ?? all[all.length - 1],
    /**
     * Return the shortest steps, of a second or longer, of which no more than `count` have a score.
     *
     * @param {number} count
     */
    withScores: (count) =>
      all.find((steps) => steps.step >= 1 && steps.withScore() <= count) ?? all[all.length - 1],
    /** Return the size in bytes. */
    bytes: () => all.reduce((sum, steps) => sum + steps.bytes(), 0),
  };
}

/** @param {number} step Seconds. */
function createSteps(step) {
  let size = 0; // steps there is room for
  let length = 0;
  let withScore = 0;
  let frames = new Uint32Array();
  let sums = new Float64Array();
  let lows = new Float32Array();
  let highs = new Float64Array();
  let gaps = GAPS.map(() => new Float32Array());

  /** @param {number} index */
  function makeRoom(index) {
    length = Math.max(length, index + 1);
    if (index < size) return;
    size = Math.max(64, 2 ** Math.ceil(Math.log2(index + 1)));
    frames = grown(frames, size);
    sums = grown(sums, size);
    lows = grown(lows, size);
    highs = grown(highs, size);
    gaps = gaps.map((values) => grown(values, size));
  }

  return {
    step,
    /** Return the number of steps until now. */
    length: () => length,
    /** Return the number of steps with a score. */
    withScore: () => withScore,
    /** @param {number} index */
    frames: (index) => frames[index],
    /** @param {number} index */
    mean: (index) => sums[index] / frames[index],
    /** @param {number} index */
    low: (index) => lows[index],
    /** @param {number} index */
    high: (index) => highs[index],
    /**
     * Return why most of a step has no score; null if it has one, or if nothing is known of it.
     *
     * @param {number} index
     * @returns {Gap | null}
     */
    gap(index) {
      const times = gaps.map((values) => values[index]);
      const longest = Math.max(...times);
      const enough = frames[index] ? step / 2 : 0;
      return longest > enough ? GAPS[times.indexOf(longest)] : null;
    },
    /**
     * @param {number} seconds
     * @param {number} score
     */
    addScore(seconds, score) {
      const index = Math.floor(seconds / step);
      makeRoom(index);
      const isFirst = frames[index] === 0;
      withScore += isFirst ? 1 : 0;
      lows[index] = isFirst ? score : Math.min(lows[index], score);
      highs[index] = Math.max(highs[index], score);
      sums[index] += score;
      frames[index] += 1;
    },
    /**
     * @param {number} gap Index in GAPS.
     * @param {number} from Seconds.
     * @param {number} to Seconds.
     */
    addGap(gap, from, to) {
      const last = Math.floor(to / step);
      makeRoom(last);
      for (let index = Math.floor(from / step); index <= last; index += 1) {
        const [start, end] = [Math.max(from, index * step), Math.min(to, (index + 1) * step)];
        gaps[gap][index] += end - start;
      }
    },
    bytes: () => size * (4 + 8 + 4 + 8 + 4 * GAPS.length),
  };
}

/**
 * Return an array with its values and more room.
 *
 * @template {Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>} T
 * @param {T} values
 * @param {number} size
 * @returns {T}
 */
function grown(values, size) {
  const larger = new /** @type {new (size: number) => T} */ (values.constructor)(size);
  larger.set(values);
  return larger;
}
