// Numbered markers and prompts in a trend.

/** @import { Session } from "../session/session.js" */
/** @import { TrendAxes } from "./trend_axes.js" */

import { createSvg } from "../dom.js";
import { number, t } from "../texts.js";
import { createLabel } from "./trend_axes.js";

const LABEL_DISTANCE = 18; // pixels between two labels

/**
 * Draw the markers as lines with a number, and the prompts as bars for as long as they stood.
 *
 * @param {SVGElement} layer
 * @param {Session} session
 * @param {number} end Milliseconds: now, or when the session ended.
 * @param {TrendAxes} axes
 */
export function drawMarks(layer, { markers, prompts }, end, axes) {
  const standing = prompts.some((prompt) => prompt.end === null) ? end : 0;
  const state = [markers.length, prompts.length, standing, axes.span, axes.plotWidth].join();
  if (layer.dataset.drawn === state) return;
  layer.dataset.drawn = state;
  layer.replaceChildren(...createPrompts(prompts, end, axes), ...createMarkers(markers, axes));
}

/**
 * @param {Session["markers"]} markers
 * @param {TrendAxes} axes
 */
function createMarkers(markers, axes) {
  let lastLabel = -Infinity;
  return markers.flatMap(({ time }, index) => {
    const x = axes.x(axes.seconds(time));
    const line = createSvg("line", {
      class: "trend-marker",
      x1: x,
      x2: x,
      y1: 16,
      y2: axes.bottom,
    });
    if (x - lastLabel < LABEL_DISTANCE) return [line];
    lastLabel = x;
    const label = createLabel(number(index + 1), x, 12, "middle");
    label.classList.add("trend-number");
    return [line, label];
  });
}

/**
 * @param {Session["prompts"]} prompts
 * @param {number} end Milliseconds.
 * @param {TrendAxes} axes
 */
function createPrompts(prompts, end, axes) {
  let lastLabel = -Infinity;
  return prompts.flatMap((prompt, index) => {
    const from = axes.x(axes.seconds(prompt.start));
    const width = Math.max(4, axes.x(axes.seconds(prompt.end ?? end)) - from);
    const place = { x: from, y: axes.top, height: 5, width };
    const bar = createSvg("rect", { class: "trend-prompt", ...place });
    const line = createSvg("line", {
      class: "trend-prompt-line",
      x1: from,
      x2: from,
      y1: axes.top,
      y2: axes.bottom,
    });
    if (from - lastLabel < LABEL_DISTANCE) return [line, bar];
    lastLabel = from;
    const text = t("trend.prompt", { number: index + 1 });
    const label = createLabel(text, from + 3, axes.top + 17, "start");
    label.classList.add("trend-number");
    return [line, bar, label];
  });
}
