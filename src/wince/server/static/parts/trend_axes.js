// The axes of a trend: the levels at the left, the time below.

/** @import { Session } from "../session/session.js" */

import { createSvg } from "../dom.js";
import { levelWord, shapeName } from "../levels.js";
import { language, number } from "../texts.js";
import { exactTimeOfDay, formatDuration, timeOfDay } from "../times.js";

const [RIGHT, TOP, BOTTOM] = [12, 22, 24]; // pixels around the plot
const LETTER = 6.6; // pixels that a letter of a label needs
const LABEL_HEIGHT = 13; // pixels
const [LEAST_LEFT, MOST_LEFT] = [44, 110];
const TICK_WIDTH = 84; // pixels between two ticks
const MINUTE = 60;
const HOUR = 3600;
/** Seconds that the axis has room for, while a session runs. */
const SPANS = [1, 2, 5, 10, 20, 30, 60, 120, 180, 240, 360, 480, 600, 720].map((m) => m * MINUTE);
/** Seconds between ticks. */
const TICKS = [
  ...[5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6].map((hours) => hours * HOUR),
];
const SHORTEST_SPAN = 10; // seconds
const QUARTERS = [0, 0.25, 0.5, 0.75, 1]; // of a scale without levels

/** @typedef {ReturnType<typeof createTrendAxes>} TrendAxes */

/**
 * Return the seconds that the axis of a session shows: all of an ended one; otherwise more than it
 * has, so that the axis changes rarely.
 *
 * @param {number} seconds Of the session until now.
 * @param {boolean} hasEnded
 */
export function axisSpan(seconds, hasEnded) {
  if (hasEnded) return Math.max(SHORTEST_SPAN, seconds);
  return SPANS.find((span) => span >= seconds) ?? Math.max(...SPANS);
}

/**
 * Return the times of the ticks: full minutes, hours and so on, of the day or of the recording.
 *
 * @param {number} start Milliseconds.
 * @param {number} span Seconds.
 * @param {number} most Most ticks.
 * @param {number} offset Minutes by which the local time is ahead.
 */
export function tickTimes(start, span, most, offset) {
  const step = 1000 * (TICKS.find((seconds) => span / seconds <= most) ?? TICKS[TICKS.length - 1]);
  const shift = offset * 60_000;
  /** @type {number[]} */
  const times = [];
  const first = Math.ceil((start + shift) / step) * step - shift;
  for (let time = first; time <= start + 1000 * span; time += step) times.push(time);
  return { times, hasSeconds: step < 60_000 };
}

/**
 * Return the axes of a session.
 *
 * @param {Session} session
 * @param {number} end Milliseconds: now, or when the session ended.
 * @param {number} width
 * @param {number} height
 */
export function createTrendAxes({ start, scale, isRecording, endTime }, end, width, height) {
  const { minimum, maximum } = scale;
  const hasLevels = scale.levels.length > 0;
  const words = hasLevels
    ? scale.levels.map(({ name }) => levelWord(name))
    : QUARTERS.map((quarter) => number(minimum + quarter * (maximum - minimum)));
  const longest = Math.max(...words.map((word) => word.length));
  const left = Math.min(MOST_LEFT, Math.max(LEAST_LEFT, longest * LETTER + 14));
  const [top, bottom] = [TOP, height - BOTTOM];
  const plotWidth = Math.max(1, width - left - RIGHT);
  const span = axisSpan((end - start) / 1000, endTime() !== null);
  /** @param {number} seconds */
  const x = (seconds) => left + (plotWidth * Math.min(seconds, span)) / span;
  /** @param {number} score */
  const y = (score) => bottom - ((bottom - top) * (score - minimum)) / (maximum - minimum);
  let drawn = "";

  /** Return lines at the quarters of a scale without levels, with their scores. */
  function createLines() {
    return QUARTERS.flatMap((quarter, index) => {
      const at = y(minimum + quarter * (maximum - minimum));
      const line = createSvg("line", { x1: left, x2: left + plotWidth, y1: at, y2: at });
      return [line, createLabel(words[index], left - 8, at + 4, "end")];
    });
  }

  function createBands() {
    if (!hasLevels) return createLines();
    let lastLabel = Infinity;
    return scale.levels.flatMap(({ name, from_score: from, to_score: to }, index) => {
      const band = createSvg("rect", {
        class: "trend-band",
        x: left,
        width: plotWidth,
        y: y(to),
        height: Math.max(y(from) - y(to) - 1, 1),
      });
      band.dataset.shape = shapeName(name);
      const middle = index === 0 ? y(from) : (y(from) + y(to)) / 2 + 4;
      if (lastLabel - middle < LABEL_HEIGHT) return [band]; // a small trend has no room for all
      lastLabel = middle;
      return [band, createLabel(words[index], left - 8, middle, "end")];
    });
  }

  function createTicks() {
    const offset = isRecording ? 0 : -new Date(start).getTimezoneOffset();
    const most = Math.max(2, Math.floor(plotWidth / TICK_WIDTH));
    const { times, hasSeconds } = tickTimes(start, span, most, offset);
    const write = isRecording
      ? (/** @type {number} */ time) => formatDuration(time / 1000)
      : hasSeconds
        ? exactTimeOfDay
        : timeOfDay;
    return times.flatMap((time) => {
      const at = x((time - start) / 1000);
      const isLast = at > left + plotWidth - TICK_WIDTH / 3;
      const line = createSvg("line", { x1: at, x2: at, y1: bottom, y2: bottom + 5 });
      return [line, createLabel(write(time), at, height - 5, isLast ? "end" : "middle")];
    });
  }

  return {
    left,
    top,
    bottom,
    span,
    plotWidth,
    x,
    y,
    /** @param {number} time Milliseconds. */
    seconds: (time) => (time - start) / 1000,
    /**
     * Draw the bands and the ticks, if they are others than those that are drawn.
     *
     * @param {SVGElement} bands
     * @param {SVGElement} ticks
     */
    draw(bands, ticks) {
      drawn = [start, span, width, height, language().code].join();
      if (bands.dataset.drawn === drawn) return;
      bands.dataset.drawn = drawn;
      bands.replaceChildren(...createBands());
      ticks.replaceChildren(...createTicks());
    },
  };
}

/**
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {string} anchor
 */
export function createLabel(text, x, y, anchor) {
  const label = createSvg("text", { class: "trend-word", x, y, "text-anchor": anchor });
  label.textContent = text;
  return label;
}
