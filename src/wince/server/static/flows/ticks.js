// The three ticks of aiming: close enough, enough light, facing the camera.

/** @import { Assessment } from "../types.js" */
/** @import { Tick, Ticks } from "../state.js" */

/** Reasons and warnings of a face by the tick that they spoil, the most important first. */
const CODES = {
  close: ["small", "cut", "blurred"],
  light: ["dark", "flat"],
  facing: ["turned", "eyes-covered", "mouth-covered", "doubtful"],
};

/**
 * Return the ticks of a face; a warning spoils one too, since the score would be less sure.
 *
 * @param {Assessment | null} assessment
 * @returns {Ticks}
 */
export function ticksOf(assessment) {
  if (!assessment) return null;
  const { reasons, warning_codes: warnings = [], values = {} } = assessment.quality;
  const found = new Set([...Object.keys(reasons), ...warnings]);
  /**
   * @param {string[]} codes
   * @returns {Tick}
   */
  const tick = (codes) => {
    const code = codes.find((name) => found.has(name));
    return { isMet: !code, code: code ?? "", values: (code && values[code]) || {} };
  };
  return { close: tick(CODES.close), light: tick(CODES.light), facing: tick(CODES.facing) };
}

/**
 * Return whether a face can be judged well: every tick is met.
 *
 * @param {Ticks} ticks
 */
export function isReady(ticks) {
  return ticks !== null && Object.values(ticks).every(({ isMet }) => isMet);
}
