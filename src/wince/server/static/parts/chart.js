// The chart of the last minutes: the filtered score over bands of level, with numbered markers.

/** @import { Scale, ScaleLevel } from "../types.js" */
/** @import { Marker, Sample, Session } from "../session/session.js" */

import { createSvg } from "../dom.js";
import { levelWord, shownScore } from "../levels.js";
import { timeOfDay } from "../session/session.js";

const HEIGHT = 220; // pixels
const MIN_WIDTH = 240;
const [LEFT, RIGHT, TOP, BOTTOM] = [78, 8, 10, 26]; // margins
const DRAW_INTERVAL = 250; // milliseconds
const LABEL_INTERVAL = 5000; // milliseconds between changes of the text alternative
const TICK_WIDTH = 110; // pixels that a tick of the time axis needs
const GAP = 3000; // milliseconds without a sample, over which no line is drawn
const MINUTE = 60000; // milliseconds

/** @typedef {Marker & { number: number }} NumberedMarker */
/** @typedef {(value: number) => number} Position Pixels of a time or a score. */

/**
 * Add a chart to `root`.
 *
 * @param {HTMLElement} root
 * @param {Scale} scale
 * @param {Session} session
 * @param {object} options
 * @param {() => number} options.minutes Returns the time span of the chart.
 */
export function createChart(root, scale, session, { minutes }) {
  const svg = createSvg("svg", { role: "img", height: HEIGHT });
  const [bands, content] = [createSvg("g"), createSvg("g")];
  svg.append(bands, content);
  root.append(svg);
  /** @type {Position} */
  const y = (pspi) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - pspi / scale.maximum);
  let width = 0;
  let drawnAt = 0;
  let labelledAt = 0;

  function fitWidth() {
    const available = Math.max(MIN_WIDTH, root.clientWidth);
    if (available === width) return;
    width = available;
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    bands.replaceChildren(...scale.levels.flatMap((level) => createBand(level, y, width)));
  }

  /** @param {number} now */
  function draw(now) {
    fitWidth();
    const span = minutes() * MINUTE;
    /** @type {Position} */
    const x = (time) => LEFT + (width - LEFT - RIGHT) * (1 - (now - time) / span);
    const samples = session.samples().filter(({ time }) => now - time <= span);
    const markers = session
      .markers()
      .map((marker, index) => ({ ...marker, number: index + 1 }))
      .filter(({ time }) => now - time <= span);
    content.replaceChildren(
      ...createTicks(now, span, x, width),
      createSvg("path", { class: "chart-line", d: linePath(samples, x, y) }),
      ...markers.flatMap((marker) => createMarker(marker, x)),
      ...createDot(samples, x, y),
    );
    return { samples, markers };
  }

  return {
    /**
     * Draw the session, at most four times a second.
     *
     * @param {number} [now] Milliseconds.
     * @param {boolean} [force] Whether to draw in any case.
     */
    update(now = Date.now(), force = false) {
      if (!force && now - drawnAt < DRAW_INTERVAL) return;
      drawnAt = now;
      const { samples, markers } = draw(now);
      if (!force && now - labelledAt < LABEL_INTERVAL) return;
      labelledAt = now;
      svg.setAttribute("aria-label", describeChart(scale, minutes(), samples, markers));
    },
  };
}

/**
 * Return the text alternative of the chart.
 *
 * @param {Scale} scale
 * @param {number} minutes
 * @param {Sample[]} samples
 * @param {NumberedMarker[]} markers
 */
function describeChart(scale, minutes, samples, markers) {
  const span = minutes === 1 ? "The last minute" : `The last ${minutes} minutes`;
  const scores = samples.flatMap(({ pspi }) => (pspi === null ? [] : [pspi]));
  if (scores.length === 0) return `${span}: no face yet.`;
  const { pspi, word } = samples[samples.length - 1];
  const [low, high] = [Math.min(...scores), Math.max(...scores)].map((score) =>
    shownScore(scale, score),
  );
  const present =
    pspi === null
      ? "no score at present"
      : word === null
        ? "now changing"
        : `now ${word}, PSPI ${shownScore(scale, pspi)}`;
  const list = markers.map(({ number, time, text }) => `${number}, ${timeOfDay(time)}, ${text}`);
  const markerText = list.length ? ` Markers: ${list.join("; ")}.` : "";
  return `${span}: ${present}; PSPI from ${low} to ${high}.${markerText}`;
}

/**
 * @param {ScaleLevel} level
 * @param {Position} y
 * @param {number} width
 */
function createBand({ name, from_score: from, to_score: to }, y, width) {
  const band = createSvg("rect", {
    class: "chart-band",
    x: LEFT,
    width: width - LEFT - RIGHT,
    y: y(to),
    height: Math.max(y(from) - y(to) - 1, 1),
  });
  band.dataset.shape = name;
  const middle = name === "none" ? y(from) : (y(from) + y(to)) / 2 + 4;
  return [band, createLabel(levelWord(name), LEFT - 8, middle, "end")];
}

/**
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {string} anchor
 */
function createLabel(text, x, y, anchor) {
  const label = createSvg("text", { class: "chart-word", x, y, "text-anchor": anchor });
  label.textContent = text;
  return label;
}

/**
 * Return the path of the score. It has a gap where there was no face or no answer.
 *
 * @param {Sample[]} samples
 * @param {Position} x
 * @param {Position} y
 */
function linePath(samples, x, y) {
  /** @type {Sample | null} */
  let last = null;
  let path = "";
  for (const sample of samples) {
    const connected = last !== null && last.pspi !== null && sample.time - last.time <= GAP;
    if (sample.pspi !== null) {
      path += `${connected ? "L" : "M"}${x(sample.time).toFixed(1)} ${y(sample.pspi).toFixed(1)}`;
    }
    last = sample;
  }
  return path;
}

/**
 * @param {Sample[]} samples
 * @param {Position} x
 * @param {Position} y
 */
function createDot(samples, x, y) {
  const last = samples[samples.length - 1];
  if (!last || last.pspi === null) return [];
  return [createSvg("circle", { class: "chart-dot", cx: x(last.time), cy: y(last.pspi), r: 4 })];
}

/**
 * @param {number} now
 * @param {number} span
 * @param {Position} x
 * @param {number} width
 */
function createTicks(now, span, x, width) {
  const count = width - LEFT - RIGHT >= 5 * TICK_WIDTH ? 5 : 2;
  return Array.from({ length: count + 1 }, (_, index) => {
    const age = (span * (count - index)) / count;
    const anchor = index === 0 ? "start" : index === count ? "end" : "middle";
    const text = age === 0 ? "now" : `${Number((age / MINUTE).toFixed(1))} min ago`;
    return createLabel(text, x(now - age), HEIGHT - 8, anchor);
  });
}

/**
 * @param {NumberedMarker} marker
 * @param {Position} x
 */
function createMarker({ number, time }, x) {
  const left = x(time);
  const label = createSvg("text", { class: "chart-mark-word", x: left + 3, y: TOP + 12 });
  label.textContent = String(number);
  const ends = { x1: left, x2: left, y1: TOP, y2: HEIGHT - BOTTOM };
  return [createSvg("line", { class: "chart-mark", ...ends }), label];
}
