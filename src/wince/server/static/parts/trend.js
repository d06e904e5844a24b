// The trend: the filtered score over the whole session, over bands of level, with markers and prompts.

/** @import { Scale } from "../types.js" */
/** @import { Session } from "../session/session.js" */
/** @import { TrendAxes } from "./trend_axes.js" */

import { create, createSvg, find, setText } from "../dom.js";
import { GAPS } from "../session/trend_steps.js";
import { language, t } from "../texts.js";
import { drawMarks } from "./trend_marks.js";
import { describeTrend } from "./trend_text.js";
import { createTrendAxes } from "./trend_axes.js";
import { gapRuns, bandPath, linePath } from "./trend_paths.js";

const DRAW_INTERVAL = 250; // milliseconds
const TEXT_INTERVAL = 15_000; // milliseconds between changes of the text alternative
const MOST_STEPS = 720;
/** Milliseconds after the last frame from which nobody is watched. */
const LOST = 2000;
let count = 0; // of trends, for the ids of their patterns

/** @typedef {(session: Session | null, now?: number) => void} DrawTrend */

/**
 * Add a trend to an element.
 *
 * @param {HTMLElement} root
 * @returns {DrawTrend} Draws a session, at most four times a second.
 */
export function createTrend(root) {
  count += 1;
  const id = `trend-${count}`;
  const frame = create("div", "trend");
  frame.dir = "ltr"; // time runs from left to right in every language
  const svg = createSvg("svg", { role: "img", class: "trend-image" });
  const layers = ["patterns", "bands", "gaps", "ticks", "range", "line", "marks", "dot"].map(
    (name) => createSvg("g", { class: `trend-${name}` }),
  );
  const [patterns, bands, gaps, ticks, range, line, marks, dot] = layers;
  patterns.append(...GAPS.map((gap) => createPattern(`${id}-${gap}`, gap)));
  const [rangePath, linePathElement] = [createSvg("path"), createSvg("path")];
  range.append(rangePath);
  line.append(linePathElement);
  const circle = createSvg("circle", { r: 4 });
  dot.append(circle);
  svg.append(...layers);
  frame.append(svg);
  root.append(frame, createLegend());

  let drawnAt = -Infinity;
  let describedAt = -Infinity;
  let drawnState = "";

  /**
   * @param {Session} session
   * @param {number} now
   * @param {TrendAxes} axes
   */
  function drawContent(session, now, axes) {
    const end = axes.seconds(now);
    const steps = session.trend.forSpan(axes.span, Math.min(MOST_STEPS, axes.plotWidth));
    setAttribute(rangePath, "d", bandPath(steps, axes));
    setAttribute(linePathElement, "d", linePath(steps, axes));
    const runs = gapRuns(steps, end);
    const last = axes.seconds(session.lastTime());
    const isLost = !session.isRecording && now - session.lastTime() > LOST;
    if (session.endTime() === null && isLost) {
      const gap = session.isPaused() ? "page-hidden" : "not-connected";
      runs.push({ gap, from: axes.seconds(session.countedTime()), to: end });
    }
    gaps.replaceChildren(...runs.map((run) => createGap(run, axes, id)));
    const score = session.statement()?.score ?? null;
    const isNow = session.endTime() === null && !isLost && score !== null;
    circle.toggleAttribute("hidden", !isNow);
    if (isNow) {
      setAttribute(circle, "cx", axes.x(last).toFixed(1));
      setAttribute(circle, "cy", axes.y(score).toFixed(1));
    }
    drawMarks(marks, session, now, axes);
  }

  /** @param {Session} session */
  function drawLegend({ pauses, isPaused }) {
    for (const gap of GAPS) {
      const text = find(root, `.trend-legend [data-gap=${gap}]`);
      setText(text, t(`trend.${gap}`));
      // Only the page on the device pauses when it is hidden.
      const isUnused = gap === "page-hidden" && pauses.length === 0 && !isPaused();
      text.parentElement?.toggleAttribute("hidden", isUnused);
    }
  }

  return (session, now = Date.now()) => {
    root.toggleAttribute("data-empty", !session);
    if (!session || frame.clientWidth === 0) return;
    const end = session.endTime() ?? (session.isRecording ? session.lastTime() : now);
    const size = `${frame.clientWidth}x${frame.clientHeight} ${language().code}`;
    const state = `${session.start} ${size} ${session.endTime()} ${session.markers.length} ${
      session.prompts.length
    }`;
    const hasChanged = state !== drawnState;
    if (!hasChanged && now - drawnAt < DRAW_INTERVAL) return;
    drawnAt = now;
    const axes = createTrendAxes(session, end, frame.clientWidth, frame.clientHeight);
    setAttribute(svg, "viewBox", `0 0 ${frame.clientWidth} ${frame.clientHeight}`);
    axes.draw(bands, ticks);
    drawContent(session, end, axes);
    drawLegend(session);
    if (!hasChanged && now - describedAt < TEXT_INTERVAL) return;
    drawnState = state;
    describedAt = now;
    svg.setAttribute("aria-label", describeTrend(session, end));
  };
}

/** Return the explanation of the hatches. Its text is written when it is drawn. */
function createLegend() {
  const list = create("ul", "trend-legend");
  for (const gap of GAPS) {
    const entry = create("li");
    const swatch = createSvg("svg", { width: 20, height: 14, "aria-hidden": "true" });
    const id = `trend-key-${count}-${gap}`;
    const area = createSvg("rect", { width: 20, height: 14, fill: `url(#${id})` });
    swatch.append(createPattern(id, gap), area);
    const text = create("span");
    text.dataset.gap = gap;
    entry.append(swatch, text);
    list.append(entry);
  }
  return list;
}

/** Lines of each hatch in a box of 8 x 8. */
const HATCHES = {
  "not-in-view": "M-2 10 10-2M-2 2 2-2M6 10l4-4",
  "cannot-tell": "M1.5 2a1 1 0 1 0 2 0a1 1 0 1 0-2 0M5.5 6a1 1 0 1 0 2 0a1 1 0 1 0-2 0",
  "not-connected": "M0 0 8 8M8 0 0 8",
  "page-hidden": "M0 2h8M0 6h8",
};

/**
 * @param {string} id
 * @param {typeof GAPS[number]} gap
 */
function createPattern(id, gap) {
  const box = { width: 8, height: 8, patternUnits: "userSpaceOnUse" };
  const pattern = createSvg("pattern", { id, class: `trend-hatch ${gap}`, ...box });
  pattern.append(
    createSvg("rect", { width: 8, height: 8 }),
    createSvg("path", { d: HATCHES[gap] }),
  );
  return pattern;
}

/**
 * @param {import("./trend_paths.js").GapRun} run
 * @param {TrendAxes} axes
 * @param {string} id
 */
function createGap({ gap, from, to }, axes, id) {
  const x = axes.x(from);
  return createSvg("rect", {
    x: x.toFixed(1),
    y: axes.top,
    width: Math.max(1, axes.x(to) - x).toFixed(1),
    height: axes.bottom - axes.top,
    fill: `url(#${id}-${gap})`,
  });
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
