// A live session: levels over time, for the chart and for the summary. It is kept in this page only.

/** @import { Level, Scale } from "./types.js" */

const SAMPLE_INTERVAL = 250; // milliseconds between samples
const SAMPLES_KEPT = 10 * 60 * 1000; // milliseconds
const LONGEST_STEP = 2000; // milliseconds between answers that still count as watched
const MAX_MARKERS = 200;

/** @typedef {{ time: number, text: string }} Marker */
/** @typedef {{ time: number, pspi: number, level: Level }} Score A score and when it was reached. */
/**
 * The score at a time; null while no face is in view.
 *
 * @typedef {object} Sample
 * @property {number} time Milliseconds.
 * @property {number | null} pspi
 * @property {Level | null} level
 */
/**
 * @typedef {object} Summary
 * @property {number | null} start Milliseconds; null before the first answer.
 * @property {Record<Level, number>} seconds Time in each level.
 * @property {number} secondsWithoutFace
 * @property {Score | null} peak The highest smoothed score.
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
    const seconds = Object.fromEntries(scale.levels.map(({ name }) => [name, 0]));
    samples = [];
    markers = [];
    lastTime = null;
    summary = {
      start: null,
      seconds: /** @type {Record<Level, number>} */ (seconds),
      secondsWithoutFace: 0,
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
     * Add the track of an answer.
     *
     * @param {{ pspi: number, level: Level, away: number } | null} track Null for no face.
     * @param {number} [time] Milliseconds.
     */
    add(track, time = Date.now()) {
      summary.start ??= time;
      const step = lastTime === null || time - lastTime > LONGEST_STEP ? 0 : time - lastTime;
      lastTime = time;
      if (!track || track.away > 0) {
        summary.secondsWithoutFace += step / 1000;
        keep({ time, pspi: null, level: null });
        return;
      }
      const { pspi, level } = track;
      summary.seconds[level] += step / 1000;
      if (!summary.peak || pspi > summary.peak.pspi) summary.peak = { time, pspi, level };
      keep({ time, pspi, level });
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
    /** Return the times in each level, the time without a face and the peak. */
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
