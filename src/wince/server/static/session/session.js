// One watched person over time: what was stated for how long, every assessed frame, markers, prompts
// and the observer's own judgements. It is kept in this page only.

/** @import { Level, ModelName, Scale, Track } from "../types.js" */
/** @import { WatchAnswer } from "../engine/engine.js" */
/** @import { Answered } from "./point_codes.js" */

import { createPointCodes } from "./point_codes.js";
import { createPoints } from "./points.js";
import { createSums } from "./sums.js";
import { createTrendSteps } from "./trend_steps.js";

/** Seconds after which a session ends. */
const LONGEST_SESSION = 12 * 3600;
const MOST_POINTS = LONGEST_SESSION * 15;
const MOST_MARKERS = 200;

/** @typedef {ReturnType<typeof createSession>} Session */
/**
 * All times are in milliseconds: since 1970, or in a recording since its beginning.
 *
 * @typedef {object} SessionFacts
 * @property {string} label The person's label.
 * @property {"rest" | "movement" | null} activity Null in a recording: nobody was asked.
 * @property {string} source Name of the camera or of the recording.
 * @property {boolean} isRecording
 * @property {number} start
 * @property {Scale} scale
 * @property {ModelName} model
 * @property {TrackSettings} settings
 *
 * @typedef {{ smoothing: number, hold: number, margin: number }} TrackSettings
 * @typedef {{ time: number, text: string }} Marker
 * @typedef {{ start: number, end: number }} Pause While the page was hidden and nobody was watched.
 * @typedef {object} SessionPrompt
 * @property {number} start
 * @property {number | null} end When somebody has looked; null if nobody has.
 * @property {string} observer Initials of who looked.
 * @property {Level} level
 *
 * @typedef {"agree" | "higher" | "lower"} Opinion
 * @typedef {object} Judgement
 * @property {number} time
 * @property {Opinion} opinion Whether the observer agrees with what was stated.
 * @property {string} observer Initials.
 * @property {Level | null} level What was stated, if it was a level.
 * @property {[Level, Level] | null} between
 * @property {number | null} score
 */

/**
 * Return a session without frames.
 *
 * @param {SessionFacts} facts
 */
export function createSession(facts) {
  const { start, scale } = facts;
  const levels = scale.levels.map(({ name }) => name);
  const points = createPoints();
  const codes = createPointCodes(levels);
  const trend = createTrendSteps();
  const sums = createSums(levels);
  /** @type {Marker[]} */
  const markers = [];
  /** @type {Pause[]} */
  const pauses = [];
  /** @type {number | null} */
  let hiddenSince = null;
  /** @type {SessionPrompt[]} */
  const prompts = [];
  /** @type {Judgement[]} */
  const judgements = [];
  const settings = [{ time: start, ...facts.settings }];
  /** @type {number | null} */
  let last = null; // seconds of the last frame
  /** @type {Track["statement"] | null} */
  let statement = null;
  /** @type {number | null} */
  let person = null;
  /** @type {number | null} */
  let endTime = null;
  let isFull = false;
  let revision = 0;
  let savedRevision = 0;

  /** @param {number} time */
  const secondsOf = (time) => (time - start) / 1000;

  /**
   * @param {number} seconds
   * @param {Track} track
   * @param {boolean} hasFace
   */
  function addToSums(seconds, track, hasFace) {
    const before = sums.end();
    const gap = sums.add(seconds, track, hasFace);
    if (gap && before !== null) trend.addGap(gap, before, seconds);
    if (track.score) trend.addScore(seconds, track.score.score);
  }

  /**
   * Count a long time without frames, until now, as not connected.
   *
   * @param {number} seconds
   */
  function addLoss(seconds) {
    const before = sums.end() ?? 0;
    if (sums.finish(seconds)) trend.addGap("not-connected", before, seconds);
  }

  /**
   * Note that the page is in view again.
   *
   * @param {number} [time]
   */
  function resume(time = Date.now()) {
    if (hiddenSince === null) return;
    const before = sums.end() ?? 0;
    const seconds = Math.min(Math.max(secondsOf(time), before), LONGEST_SESSION);
    sums.addHidden(seconds);
    trend.addGap("page-hidden", before, seconds);
    pauses.push({ start: hiddenSince, end: start + 1000 * seconds });
    hiddenSince = null;
    revision += 1;
  }

  return {
    ...facts,
    settings,
    points,
    trend,
    sums,
    markers,
    prompts,
    judgements,
    pauses,
    /** The words that are codes in `points`. */
    words: codes.words,
    /** Return how often the session has changed. */
    revision: () => revision,
    /** Return whether it has twelve hours or their number of points, and takes no more. */
    isFull: () => isFull,
    /** Return the time of the last frame, or the start. */
    lastTime: () => start + 1000 * (last ?? 0),
    /** Return until when time is counted: the last frame, the end of a pause, or the start. */
    countedTime: () => start + 1000 * (sums.end() ?? 0),
    /** Return what the last frame states; null before the first. */
    statement: () => statement,
    /** Return the number of the followed person; null before the first face. */
    person: () => person,
    /** Return when it has ended; null as long as it runs. */
    endTime: () => endTime,
    /** Return the seconds from the start to the end, or to the last frame. */
    seconds: () => (endTime === null ? (last ?? 0) : secondsOf(endTime)),
    /**
     * Add an answer. One without an assessment that is no absence, for example of a busy server,
     * changes nothing. The time since the frame before counts for this one's statement.
     *
     * @param {Answered & Pick<WatchAnswer, "isAbsent">} answer
     * @param {number} [time]
     * @returns {boolean} Whether it was added.
     */
    add(answer, time = Date.now()) {
      const { assessment, isAbsent, track } = answer;
      if (!track || (!assessment && !isAbsent) || endTime !== null) return false;
      const seconds = Math.max(secondsOf(time), last ?? 0);
      isFull ||= seconds > LONGEST_SESSION || points.length() >= MOST_POINTS;
      if (isFull) return false;
      addToSums(seconds, track, assessment !== null);
      points.add(codes.point(seconds, answer, track));
      last = seconds;
      statement = track.statement;
      person = answer.person ?? person;
      revision += 1;
      return true;
    },
    /**
     * Note that the page is hidden, and nobody is watched until `resume`.
     *
     * @param {number} [time]
     */
    pause(time = Date.now()) {
      if (endTime !== null || isFull) return;
      hiddenSince ??= time;
      addLoss(secondsOf(hiddenSince));
    },
    resume,
    /** Return whether the page is hidden, and nobody is watched. */
    isPaused: () => hiddenSince !== null,
    /**
     * Set a marker.
     *
     * @param {string} text
     * @param {number} [time]
     * @returns {boolean} Whether there was room for it.
     */
    mark(text, time = Date.now()) {
      if (markers.length >= MOST_MARKERS) return false;
      markers.push({ time, text });
      revision += 1;
      return true;
    },
    /**
     * Add an observer's own judgement, beside what is stated now.
     *
     * @param {Opinion} opinion
     * @param {string} observer Initials.
     * @param {number} [time]
     */
    judge(opinion, observer, time = Date.now()) {
      const { level = null, between = null, score = null } = (endTime === null && statement) || {};
      judgements.push({ time, opinion, observer, level, between, score });
      revision += 1;
    },
    /**
     * Begin a prompt to look.
     *
     * @param {Level} level
     * @param {number} [time]
     */
    beginPrompt(level, time = Date.now()) {
      prompts.push({ start: time, end: null, observer: "", level });
      revision += 1;
    },
    /**
     * End the prompt that stands: somebody has looked.
     *
     * @param {string} observer Initials.
     * @param {number} [time]
     */
    endPrompt(observer, time = Date.now()) {
      const prompt = prompts[prompts.length - 1];
      if (!prompt || prompt.end !== null) return;
      Object.assign(prompt, { end: time, observer });
      revision += 1;
    },
    /**
     * Note that the settings of the track have changed.
     *
     * @param {TrackSettings} changed
     * @param {number} [time]
     */
    changeSettings({ smoothing, hold, margin }, time = Date.now()) {
      settings.push({ time, smoothing, hold, margin });
      revision += 1;
    },
    /**
     * End the session. Without frames for long, the time until now was not connected.
     *
     * @param {number} [time]
     */
    end(time = Date.now()) {
      if (endTime !== null) return;
      resume(time);
      const seconds = Math.min(Math.max(secondsOf(time), sums.end() ?? 0), LONGEST_SESSION);
      addLoss(seconds);
      endTime = start + 1000 * seconds;
      revision += 1;
    },
    /** Note that the user has saved it. */
    setSaved() {
      savedRevision = revision;
    },
    /** Return whether all of it is saved. */
    isSaved: () => savedRevision === revision,
  };
}
