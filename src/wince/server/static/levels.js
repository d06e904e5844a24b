// Names and shapes of the levels. Each level has its own shape, so that colour alone does not
// identify it. Paths are in a box of 24 x 24 and serve SVG and canvas.

/** @import { Level, Scale } from "./types.js" */

import { createSvg } from "./dom.js";
import { number, percent, t, title } from "./texts.js";

/** @type {Record<Level, string>} */
export const SHAPES = {
  none: "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20Zm0 4a6 6 0 1 1 0 12a6 6 0 1 1 0-12Z",
  mild: "M12 1 23 12 12 23 1 12Z",
  moderate: "M12 2 23.5 22H.5Z",
  severe: "M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9Z",
};

/**
 * Shapes of what is shown instead of a level: a circle of dashes, three dots, a circle that is
 * crossed out, and a circle with an exclamation mark.
 */
export const STATE_SHAPES = {
  waiting: dashedCircle(),
  changing:
    "M4.5 9.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5Zm7.5 0a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5Zm7.5 0a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5Z",
  "not-in-view":
    "M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22Zm0 2.5a8.5 8.5 0 0 1 5.1 1.7L5.2 17.1A8.5 8.5 0 0 1 12 3.5Zm0 17a8.5 8.5 0 0 1-5.1-1.7L18.8 6.9A8.5 8.5 0 0 1 12 20.5Z",
  "cannot-tell":
    "M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22Zm-1.2 4.5h2.4v8.5h-2.4Zm1.2 10a1.6 1.6 0 1 1 0 3.2a1.6 1.6 0 1 1 0-3.2Z",
};

/**
 * What is said of a score: its level, or two neighbouring levels if neither is clear.
 *
 * @typedef {{ level: Level, between?: [Level, Level] | null }} Stated
 */

/**
 * Return the title of a statement: its level, or both levels if neither is clear. The lowest level
 * is never called "no pain".
 *
 * @param {Stated} statement
 */
export function statedTitle(statement) {
  return title(statedName(statement));
}

/**
 * Return the name of a statement's texts in the catalogue, such as "mild" or "none/mild".
 *
 * @param {Stated} statement
 */
export function statedName({ level, between }) {
  return between ? between.join("/") : level;
}

/**
 * Return a level in one or two words, for labels with little room.
 *
 * @param {Level} level
 */
export function levelWord(level) {
  return t(`level.${level}`);
}

/**
 * Return the level of a statement in a few words; both levels if neither is clear.
 *
 * @param {Stated} statement
 * @param {string} [separator]
 */
export function statedWord({ level, between }, separator = "/") {
  return (between ?? [level]).map(levelWord).join(separator);
}

/**
 * Return a score with one decimal that lies in the score's own level: 0.46 is "0.4", not "0.5".
 *
 * @param {Scale} scale
 * @param {number} pspi
 */
export function shownScore(scale, pspi) {
  return oneDecimal(inLevelOf(scale, pspi, Number(pspi.toFixed(1)), 0.1));
}

/**
 * Return a score as whole points that lie in the score's own level.
 *
 * @param {Scale} scale
 * @param {number} pspi
 */
export function wholeScore(scale, pspi) {
  return inLevelOf(scale, pspi, Math.round(pspi), 1);
}

/**
 * Return a number with one decimal, as it is written in the language.
 *
 * @param {number} value
 */
export function oneDecimal(value) {
  return number(value, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/**
 * Return a probability as whole percent. What is not certain is never 0 % or 100 %.
 *
 * @param {number} probability
 */
export function shownProbability(probability) {
  if (probability > 0 && probability < 0.01) return `< ${percent(0.01)}`;
  if (probability < 1 && probability > 0.99) return `> ${percent(0.99)}`;
  return percent(probability);
}

/**
 * Return a score as whole percent of the scale, in the score's own level.
 *
 * @param {Scale} scale
 * @param {number} pspi
 */
export function wholePercent(scale, pspi) {
  const step = scale.maximum / 100;
  const [whole, rest] = [Math.floor(pspi / step), (pspi / step) % 1];
  // Halves are rounded to the even number, as on the machine that runs wince.
  const nearest = rest === 0.5 ? whole + (whole % 2) : Math.round(pspi / step);
  return Math.round(inLevelOf(scale, pspi, nearest * step, step) / step);
}

/**
 * Return a rounded score, moved by a step if rounding took it to another level.
 *
 * @param {Scale} scale
 * @param {number} pspi
 * @param {number} rounded
 * @param {number} step
 */
function inLevelOf(scale, pspi, rounded, step) {
  /** @param {number} score */
  const levelOf = (score) => scale.levels.findLastIndex(({ from_score: from }) => score >= from);
  return rounded + step * Math.sign(levelOf(pspi) - levelOf(rounded));
}

/** Return the path of a circle of eight dashes. */
function dashedCircle() {
  const dash = Array.from({ length: 8 }, (_, index) => {
    const [start, end] = [index, index + 0.55].map((turn) => (Math.PI * turn) / 4);
    /** @type {(radius: number, angle: number) => string} */
    const at = (radius, angle) =>
      `${(12 + radius * Math.cos(angle)).toFixed(2)} ${(12 + radius * Math.sin(angle)).toFixed(2)}`;
    return `M${at(10, start)}A10 10 0 0 1 ${at(10, end)}L${at(7.5, end)}A7.5 7.5 0 0 0 ${at(7.5, start)}Z`;
  });
  return dash.join("");
}

/**
 * Return an SVG element with a level's shape, hidden from screen readers.
 *
 * @param {Level} level
 */
export function shapeIcon(level) {
  const svg = createSvg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(createSvg("path", { d: SHAPES[level], "fill-rule": "evenodd" }));
  return svg;
}
