// Sums of a session, counted as `wince.runtime.session_summary` does.

/** @import { Level, Track } from "../types.js" */
/** @import { Gap } from "./trend_steps.js" */

/** Seconds between two frames that still count as watched. */
export const LONGEST_STEP = 2;

/** @typedef {ReturnType<typeof createSums>} Sums */
/** @typedef {{ score: number, seconds: number }} Peak The highest stated score of a level. */
/** @typedef {Peak & { level: Level | null }} HighestPeak That of the session, with its level. */
/**
 * @typedef {object} Announcement
 * @property {number} seconds
 * @property {Level} level
 * @property {[Level, Level] | null} between
 * @property {number} score
 */

/**
 * Return sums without frames. All times are in seconds.
 *
 * @param {Level[]} levels
 */
export function createSums(levels) {
  const sums = {
    /** @type {Record<string, number>} */
    levels: Object.fromEntries(levels.map((name) => [name, 0])),
    /** @type {Record<string, number>} By two levels, such as "mild-moderate". */
    between: {},
    scored: 0, // with a score on a scale without levels
    changing: 0,
    /** @type {Record<string, number>} By reason. */
    cannotTell: {},
    notInView: 0,
    notConnected: 0,
    pageHidden: 0,
    frames: 0,
    framesWithoutFace: 0,
    framesNotJudged: 0,
    /** @type {Record<Level, Peak>} */
    peaks: {},
    /** @type {HighestPeak | null} */
    peak: null,
    /** @type {Announcement[]} */
    announced: [],
  };
  /** @type {number | null} */
  let last = null;

  /**
   * @param {number} step
   * @param {Track["statement"]} statement
   * @returns {Gap | null}
   */
  function addTime(step, { kind, level, between, reasons }) {
    if (level !== null && between) addTo(sums.between, between.join("-"), step);
    else if (level !== null) sums.levels[level] += step;
    else if (kind === "score") sums.scored += step;
    else if (kind === "changing") sums.changing += step;
    else if (kind === "not-in-view") sums.notInView += step;
    const names = Object.keys(reasons);
    for (const name of names) addTo(sums.cannotTell, name, step / names.length);
    return kind === "not-in-view" || kind === "cannot-tell" ? kind : null;
  }

  /**
   * @param {number} seconds
   * @param {Track["statement"]} statement
   */
  function addStatement(seconds, statement) {
    if (statement.score === null) return;
    const { level, between, score } = statement;
    if (!between && score > (sums.peak?.score ?? -Infinity)) sums.peak = { score, seconds, level };
    if (level === null) return;
    if (!between && score > (sums.peaks[level]?.score ?? -Infinity)) {
      sums.peaks[level] = { score, seconds };
    }
    if (statement.announced) sums.announced.push({ seconds, level, between, score });
  }

  return {
    /** Return the present sums. */
    get: () => sums,
    /** Return the seconds in all states. */
    total: () =>
      [sums.levels, sums.between, sums.cannotTell]
        .flatMap((times) => Object.values(times))
        .reduce(
          (sum, time) => sum + time,
          sums.scored + sums.changing + sums.notInView + sums.notConnected + sums.pageHidden,
        ),
    /** Return the highest stated score with its level; null if none was stated. */
    peak: () => sums.peak,
    /**
     * Add a frame.
     *
     * @param {number} seconds
     * @param {Track} track
     * @param {boolean} hasFace Whether a face was found, which may be one that cannot be judged.
     * @returns {Gap | null} Why the time since the frame before has no score.
     */
    add(seconds, { statement, score }, hasFace) {
      const step = last === null ? 0 : seconds - last;
      last = seconds;
      sums.frames += 1;
      if (!score && hasFace) sums.framesNotJudged += 1;
      else if (!score) sums.framesWithoutFace += 1;
      if (score) addStatement(seconds, statement);
      if (step <= LONGEST_STEP) return addTime(step, statement);
      sums.notConnected += step;
      return "not-connected";
    },
    /** Return until when time is counted, in seconds; null before the first frame or pause. */
    end: () => last,
    /**
     * Count a long time without frames.
     *
     * @param {number} seconds Of its end.
     * @returns {boolean} Whether it was long. A short one counts for the frame that follows.
     */
    finish(seconds) {
      const step = seconds - (last ?? 0);
      if (step <= LONGEST_STEP) return false;
      last = seconds;
      sums.notConnected += step;
      return true;
    },
    /**
     * Count the time until now, of any length, as hidden.
     *
     * @param {number} seconds
     */
    addHidden(seconds) {
      sums.pageHidden += seconds - (last ?? 0);
      last = seconds;
    },
  };
}

/**
 * @param {Record<string, number>} times
 * @param {string} name
 * @param {number} seconds
 */
function addTo(times, name, seconds) {
  times[name] = (times[name] ?? 0) + seconds;
}
