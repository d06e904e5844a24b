// A live session: scores over time for the chart, and the summary, which counts as
// `wince.runtime.session_summary` does. It is kept in this page only.

/** @import { Level, Scale, Track } from "../types.js" */

import { statedWord } from "../levels.js";

const SAMPLE_INTERVAL = 250; // milliseconds between samples
const SAMPLES_KEPT = 10 * 60 * 1000; // milliseconds
const LONGEST_STEP = 2000; // milliseconds between frames that still count as watched
const MAX_MARKERS = 200;

/** @typedef {{ time: number, text: string }} Marker */
/** @typedef {{ time: number, pspi: number, level: Level }} Score A score and when it was reached. */
/**
 * The filtered score at a time; null without a face that can be judged.
 *
 * @typedef {object} Sample
 * @property {number} time Milliseconds.
 * @property {number | null} pspi
 * @property {string | null} word What is stated; null without a level.
 */
/**
 * @typedef {object} Summary
 * @property {number | null} start Milliseconds; null before the first answer.
 * @property {Record<string, number>} seconds Time in each state: the levels, two levels such as
 *   "mild/moderate", "changing", "cannot-tell", "not-in-view" and "not-connected".
 * @property {Score | null} peak The highest stated score.
 */
/** @typedef {ReturnType<typeof createSession>} Session */

/**
 * Return an empty session.
 *
 * @param {Scale} scale
 */
export function createSession(scale) {
  /** @type {Sample[]} */
  let samples;
  /** @type {Marker[]} */
  let markers;
  /** @type {Summary} */
  let summary;
  /** @type {number | null} */
  let lastTime;

  function reset() {
    samples = [];
    markers = [];
    lastTime = null;
    summary = {
      start: null,
      seconds: Object.fromEntries(scale.levels.map(({ name }) => [name, 0])),
      peak: null,
    };
  }

  /** @param {Sample} sample */
  function keep(sample) {
    const last = samples[samples.length - 1];
    const sameState = last && (last.pspi === null) === (sample.pspi === null);
    if (sameState && sample.time - last.time < SAMPLE_INTERVAL) return;
    samples.push(sample);
    while (sample.time - samples[0].time > SAMPLES_KEPT) samples.shift();
  }

  reset();
  return {
    /**
     * Add the track of a frame that was assessed. The time since the frame before counts for it.
     *
     * @param {Pick<Track, "statement" | "score">} track
     * @param {number} [time] Milliseconds.
     */
    add({ statement, score }, time = Date.now()) {
      summary.start ??= time;
      const step = lastTime === null ? 0 : time - lastTime;
      lastTime = time;
      const { level, between, kind } = statement;
      const state = level === null ? kind : between ? between.join("/") : level;
      const counted = step > LONGEST_STEP ? "not-connected" : state;
      summary.seconds[counted] = (summary.seconds[counted] ?? 0) + step / 1000;
      if (level !== null && score && !between && statement.pspi > (summary.peak?.pspi ?? -1)) {
        summary.peak = { time, pspi: statement.pspi, level };
      }
      const word = level === null ? null : statedWord(statement);
      keep({ time, pspi: score ? score.pspi : null, word });
    },
    /**
     * Set a marker; return whether there was room for it.
     *
     * @param {string} text
     * @param {number} [time] Milliseconds.
     */
    mark(text, time = Date.now()) {
      if (markers.length >= MAX_MARKERS) return false;
      markers.push({ time, text });
      return true;
    },
    reset,
    /** Return the samples of the last ten minutes. */
    samples: () => samples,
    /** Return the markers. */
    markers: () => markers,
    /** Return the times in each state and the peak. */
    summary: () => summary,
  };
}

/**
 * Return seconds as a duration such as 2:05 or 1:02:05.
 *
 * @param {number} seconds
 */
export function formatDuration(seconds) {
  const whole = Math.floor(seconds);
  /** @param {number} number */
  const twoDigits = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return `${hours ? `${hours}:${twoDigits(minutes)}` : minutes}:${twoDigits(whole % 60)}`;
}

/**
 * Return a time in milliseconds as the time of day, such as 14:03:09.
 *
 * @param {number} time
 */
export function timeOfDay(time) {
  return new Date(time).toLocaleTimeString("en-GB");
}
