// Names and shapes of the levels, and how scores are written. Each level of PSPI has its own shape, so
// that colour alone does not identify it; those of another scale have shapes by their order. Paths are
// in a box of 24 x 24 and serve SVG and canvas.

/** @import { Level, Scale } from "./types.js" */

import { capitalised, createSvg } from "./dom.js";
import { displayed, filled, number, percent, speechTexts, t, title } from "./texts.js";

/** @type {Record<string, string>} */
export const SHAPES = {
  none: "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20Zm0 4a6 6 0 1 1 0 12a6 6 0 1 1 0-12Z",
  mild: "M12 1 23 12 12 23 1 12Z",
  moderate: "M12 2 23.5 22H.5Z",
  severe: "M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9Z",
};

/** @type {Scale | null} */
let inUse = null;

/**
 * Use the scale of the model for the names and shapes of levels from now on.
 *
 * @param {Scale} scale
 */
export function useScale(scale) {
  inUse = scale;
}

/** Return the length of the scale's range. */
export function scaleSpan() {
  return inUse ? inUse.maximum - inUse.minimum : RAW_MAXIMUM;
}

/**
 * Whether a scale is PSPI, whose levels have texts in each language.
 *
 * @param {Scale | null} scale
 */
export function isPspi(scale) {
  return scale === null || scale.name === "PSPI";
}

/**
 * Return the name of a level's shape and colour: that of the level itself on PSPI; otherwise by its
 * order, so that with more than four levels neighbours may share one.
 *
 * @param {Level} level
 */
export function shapeName(level) {
  if (!inUse || isPspi(inUse)) return level;
  const names = Object.keys(SHAPES);
  const index = inUse.levels.findIndex(({ name }) => name === level);
  const last = Math.max(1, inUse.levels.length - 1);
  return names[Math.round((index * (names.length - 1)) / last)];
}

/**
 * Shapes of what is shown instead of a level: a circle of dashes, a ring with a dot for a score
 * without levels, three dots, a circle that is crossed out, and a circle with an exclamation mark.
 */
export const STATE_SHAPES = {
  score:
    "M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22Zm0 2.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 1 1 0-17Zm0 4.5a4 4 0 1 0 0 8a4 4 0 1 0 0-8Z",
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
  if (isPspi(inUse)) return title(statedName(statement));
  const { level, between } = statement;
  if (!between) return capitalised(level);
  const pattern = displayed(speechTexts()["other-scale"]["title-between"]);
  return filled(pattern, { lower: between[0], higher: between[1] });
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
  return isPspi(inUse) ? t(`level.${level}`) : level;
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
 * Return a score with its decimals that lies in the score's own level: PSPI 0.46 is "0.4", not "0.5".
 *
 * @param {Scale} scale
 * @param {number} score
 */
export function shownScore(scale, score) {
  const rounded = Number(score.toFixed(scale.decimals));
  return points(scale, inLevelOf(scale, score, rounded, 10 ** -scale.decimals));
}

/**
 * Return a number of points of a scale with its decimals.
 *
 * @param {Scale} scale
 * @param {number} value
 */
export function points(scale, value) {
  const digits = scale.decimals;
  return number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/**
 * Return a score that lies in its own level, at a glance: PSPI as whole points, another scale with its
 * decimals.
 *
 * @param {Scale} scale
 * @param {number} score
 */
export function wholeScore(scale, score) {
  if (!isPspi(scale)) return shownScore(scale, score);
  return number(inLevelOf(scale, score, Math.round(score), 1));
}

/**
 * Return an end of an interval, as exact as `wholeScore`.
 *
 * @param {Scale} scale
 * @param {number} end
 */
export function wholeEnd(scale, end) {
  return isPspi(scale) ? number(Math.round(end)) : points(scale, end);
}

/**
 * Return a score with the name and the range of its scale, such as "PSPI 8 of 16".
 *
 * @param {Scale} scale
 * @param {string} score
 */
export function scoreOnScale(scale, score) {
  const { name, minimum, maximum } = scale;
  return minimum === 0
    ? t("result.score", { scale: name, score, maximum })
    : t("result.score-between", { scale: name, score, minimum, maximum });
}

/**
 * Return a raw score, 0 to 16 on every scale, in points of a scale.
 *
 * @param {Scale} scale
 * @param {number} raw
 */
export function fromRaw(scale, raw) {
  return scale.minimum + (raw / RAW_MAXIMUM) * (scale.maximum - scale.minimum);
}

const RAW_MAXIMUM = 16;

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
 * @param {number} score
 */
export function wholePercent(scale, score) {
  const { minimum, maximum } = scale;
  const step = (maximum - minimum) / 100;
  const steps = (score - minimum) / step;
  const whole = Math.floor(steps);
  // Halves are rounded to the even number, as on the machine that runs wince.
  const nearest = steps % 1 === 0.5 ? whole + (whole % 2) : Math.round(steps);
  const rounded = inLevelOf(scale, score, nearest * step + minimum, step);
  return Math.round((rounded - minimum) / step);
}

/**
 * Return a rounded score, moved by a step if rounding took it to another level.
 *
 * @param {Scale} scale
 * @param {number} score
 * @param {number} rounded
 * @param {number} step
 */
function inLevelOf(scale, score, rounded, step) {
  /** @param {number} value */
  const levelOf = (value) => scale.levels.findLastIndex(({ from_score: from }) => value >= from);
  return rounded + step * Math.sign(levelOf(score) - levelOf(rounded));
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
  svg.append(createSvg("path", { d: SHAPES[shapeName(level)], "fill-rule": "evenodd" }));
  return svg;
}
