// Names and shapes of the levels. Each level has its own shape, so that colour alone does not
// identify it. Paths are in a box of 24 x 24 and serve SVG and canvas.

/** @import { Level, Scale } from "./types.js" */

import { createSvg } from "./dom.js";

/** @type {Record<Level, string>} */
export const SHAPES = {
  none: "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20Zm0 4a6 6 0 1 1 0 12a6 6 0 1 1 0-12Z",
  mild: "M12 1 23 12 12 23 1 12Z",
  moderate: "M12 2 23.5 22H.5Z",
  severe: "M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9Z",
};

/**
 * Return the English title of a level. The lowest is never called "no pain".
 *
 * @param {Level} level
 */
export function levelTitle(level) {
  if (level === "none") return "No pain expression seen";
  return level.charAt(0).toUpperCase() + level.slice(1);
}

/**
 * Return a level in one or two words, for labels with little room.
 *
 * @param {Level} level
 */
export function levelWord(level) {
  return level === "none" ? "none seen" : level;
}

/**
 * Return the level of a statement in a few words; both levels if neither is clear.
 *
 * @param {{ level: Level, between?: [Level, Level] | null }} statement
 * @param {string} [separator]
 */
export function statedWord({ level, between }, separator = "/") {
  return (between ?? [level]).map(levelWord).join(separator);
}

/**
 * Return the English title of a statement: its level, or both levels if neither is clear.
 *
 * @param {{ level: Level, between?: [Level, Level] | null }} statement
 */
export function statedTitle({ level, between }) {
  return between ? `Between ${between.map(levelWord).join(" and ")}` : levelTitle(level);
}

/**
 * Return a score with one decimal that lies in the score's own level: 0.46 is "0.4", not "0.5".
 *
 * @param {Scale} scale
 * @param {number} pspi
 */
export function shownScore(scale, pspi) {
  return inLevelOf(scale, pspi, Number(pspi.toFixed(1)), 0.1).toFixed(1);
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

/**
 * Return the whole numbers of a level, such as "1–5". Its cuts are half a point below the first.
 *
 * @param {number} from
 * @param {number} to
 */
export function levelRange(from, to) {
  const [first, last] = [Math.ceil(from), Math.floor(to)];
  return first === last ? `${first}` : `${first}–${last}`;
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
