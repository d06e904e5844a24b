// What an answer is as a point of a session: its words become codes, and back.

/** @import { Assessment, Level, Track } from "../types.js" */
/** @import { WatchAnswer } from "../engine/engine.js" */
/** @import { Point } from "./points.js" */

import { COLUMN_NAMES } from "./points.js";

const KINDS = /** @type {const} */ ([
  "",
  "level",
  "between",
  "score",
  "changing",
  "not-in-view",
  "cannot-tell",
]);
const UNITS = /** @type {const} */ (["AU4", "AU6", "AU7", "AU9", "AU10", "AU43"]);
const EYES = /** @type {const} */ (["", "open", "blink", "closed"]);

/** @typedef {Pick<WatchAnswer, "assessment" | "track" | "person" | "persons" | "latency">} Answered */
/** @typedef {ReturnType<typeof createPointCodes>} PointCodes */

/**
 * Return the codes of a session. The code 0 is no word.
 *
 * @param {Level[]} levels
 */
export function createPointCodes(levels) {
  const levelNames = ["", ...levels];
  const pairs = ["", ...levels.slice(1).map((upper, index) => `${levels[index]};${upper}`)];
  const reasonLists = [""]; // grows
  /** @type {Point} */
  const filled = {};

  /** @param {string} list */
  function reasonCode(list) {
    const code = reasonLists.indexOf(list);
    return code >= 0 ? code : reasonLists.push(list) - 1;
  }

  /**
   * @param {Level | null} level
   * @param {[Level, Level] | null} [between]
   */
  const levelCodes = (level, between) => [
    levelNames.indexOf(level ?? ""),
    pairs.indexOf(between?.join(";") ?? ""),
  ];

  /**
   * @param {Point} point
   * @param {Assessment | null} assessment
   */
  function fillAssessment(point, assessment) {
    if (!assessment) return;
    const { face, quality, action_units: units } = assessment;
    [point.x0, point.y0, point.x1, point.y1] = face.box;
    point.yaw = face.yaw;
    point.pitch = face.pitch;
    point.roll = face.roll;
    point.hasFace = 1;
    if (assessment.score === null) {
      point.reasons = reasonCode(Object.keys(quality.reasons).join(";"));
      return;
    }
    point.score = assessment.score;
    point.confidence = assessment.confidence ?? undefined;
    [point.level, point.between] = levelCodes(assessment.level, assessment.between);
    for (const name of UNITS) point[name] = units?.[name];
  }

  /**
   * @param {Point} point
   * @param {Track} track
   */
  function fillTrack(point, { statement, score, eyes }) {
    point.kind = KINDS.indexOf(statement.kind);
    point.isAnnounced = Number(statement.announced);
    point.eyes = EYES.indexOf(eyes ?? "");
    point.filtered = score?.score;
    point.age = statement.age ?? undefined;
    if (statement.score === null) return;
    point.stated = statement.score;
    [point.low, point.high] = statement.interval;
    point.probability = statement.confidence ?? undefined;
    [point.statedLevel, point.statedBetween] = levelCodes(statement.level, statement.between);
  }

  return {
    /**
     * Return the point of an answer. The same object is filled each time: with objects of their own
     * a frame took five times as long.
     *
     * @param {number} seconds
     * @param {Answered} answer
     * @param {Track} track
     */
    point(seconds, { assessment, person, persons, latency }, track) {
      for (const name of COLUMN_NAMES) filled[name] = undefined;
      fillAssessment(filled, assessment);
      fillTrack(filled, track);
      filled.seconds = seconds;
      filled.person = person ?? undefined;
      filled.faces = persons.length;
      filled.milliseconds = latency;
      return filled;
    },
    /** Words by column and code. */
    words: {
      level: levelNames,
      between: pairs,
      statedLevel: levelNames,
      statedBetween: pairs,
      kind: KINDS,
      eyes: EYES,
      reasons: reasonLists,
    },
  };
}
