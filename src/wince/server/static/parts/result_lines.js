// What the four lines of a result say. Nothing here touches the page.

/** @import { Assessment, Face, Level, Scale, Track } from "../types.js" */
/** @import { Problem } from "../errors.js" */

import { problemText } from "../errors.js";
import {
  isPspi,
  levelWord,
  scoreOnScale,
  shownProbability,
  statedTitle,
  wholeEnd,
  wholeScore,
} from "../levels.js";
import { formatDuration } from "../times.js";
import { hasText, t, title } from "../texts.js";

/**
 * What a result is made of. The track, if there is one, says what is stated; the assessment has the
 * quality and the model.
 *
 * @typedef {object} ResultSource
 * @property {Assessment | null} assessment
 * @property {Track | null} [track]
 * @property {Problem | null} [problem] Why there is no result; it stands before everything else.
 * @property {string} [waiting] Key of the text before the first result.
 *
 * @typedef {"level" | "score" | "waiting" | "changing" | "not-in-view" | "cannot-tell" | "problem"} ResultKind
 *
 * @typedef {object} ResultLines
 * @property {ResultKind} kind
 * @property {Level | null} level
 * @property {string} title First line.
 * @property {string} score Second line, above the scale: the score, or the age of the last one.
 * @property {string} range
 * @property {string} certainty Third line.
 * @property {string} next Fourth line.
 * @property {string} problem In place of all lines but the first.
 */

/** Percent of the stated level from which it is called quite sure, and fairly sure. */
export const CERTAINTY = { quite: 75, fairly: 50 };

const MOST_CAUTIONS = 2; // the line has room for two; the advice lists all

const EMPTY = { level: null, score: "", range: "", certainty: "", next: "", problem: "" };

/**
 * @param {Scale} scale
 * @param {ResultSource} source
 * @returns {ResultLines}
 */
export function resultLines(scale, source) {
  const { problem, waiting = "result.waiting" } = source;
  if (problem) {
    const texts = { title: t("result.problem"), problem: problemText(problem) };
    return { ...EMPTY, kind: "problem", ...texts };
  }
  const statement = statementOf(source);
  if (!statement) {
    return { ...EMPTY, kind: "waiting", title: t("result.none-yet"), certainty: t(waiting) };
  }
  const scored = scoredOf(statement);
  if (!scored) return stateLines(source, kindOf(statement));
  return scored.level === null
    ? scoreLines(scale, source, scored)
    : levelLines(scale, source, { ...scored, level: scored.level });
}

/** @param {ResultSource} source */
export function statementOf({ assessment, track }) {
  return track?.statement ?? assessment;
}

/**
 * Return a statement that has a score; null without one.
 *
 * @param {ReturnType<typeof statementOf>} statement
 */
export function scoredOf(statement) {
  return statement && statement.score !== null ? statement : null;
}

/** @param {NonNullable<ReturnType<typeof statementOf>>} statement */
function kindOf(statement) {
  return "kind" in statement && statement.score === null ? statement.kind : "cannot-tell";
}

/**
 * Return the score, the action units and the change that belong to the statement; null without one.
 *
 * @param {ResultSource} source
 */
export function scoreOf({ assessment, track, problem }) {
  if (problem || (track ? track.statement : assessment)?.score == null) return null;
  const from = track ? track.score : assessment;
  if (!from || from.raw_score === null) return null;
  const change = (track ? track.change : assessment?.change) ?? null;
  return { raw_score: from.raw_score, action_units: from.action_units, change };
}

/**
 * @param {Scale} scale
 * @param {ResultSource} source
 * @param {NonNullable<ReturnType<typeof scoredOf>> & { level: Level }} statement
 * @returns {ResultLines}
 */
function levelLines(scale, source, statement) {
  const { level, between, score } = statement;
  const advised = between ? between[1] : level;
  return {
    ...EMPTY,
    kind: "level",
    level,
    title: statedTitle(statement),
    score: scoreOnScale(scale, wholeScore(scale, score)),
    range: rangeText(scale, statement),
    certainty: withCautions(certainty(statement), source),
    next: isPspi(scale) ? t(`advice.${advised}.first`) : t("advice.other.first"),
  };
}

/**
 * Return the lines of a score on a scale without levels.
 *
 * @param {Scale} scale
 * @param {ResultSource} source
 * @param {NonNullable<ReturnType<typeof scoredOf>>} statement
 * @returns {ResultLines}
 */
function scoreLines(scale, source, statement) {
  return {
    ...EMPTY,
    kind: "score",
    title: scoreOnScale(scale, wholeScore(scale, statement.score)),
    range: rangeText(scale, statement),
    certainty: withCautions(t("result.estimate"), source),
    next: t("advice.other.first"),
  };
}

/**
 * @param {Scale} scale
 * @param {{ interval: [number, number] }} statement
 */
function rangeText(scale, { interval }) {
  const [low, high] = interval.map((end) => wholeEnd(scale, end));
  return low === high ? t("result.range-one", { low }) : t("result.range", { low, high });
}

/**
 * Return how sure the stated level is: by its probability, and by whether a neighbour is as probable.
 *
 * @param {{ level: Level, between?: [Level, Level] | null, confidence: number | null,
 *   level_probabilities: Record<Level, number> | null }} statement
 */
export function certainty({ level, between, ...statement }) {
  const [confidence, probabilities] = [
    statement.confidence ?? 0,
    statement.level_probabilities ?? {},
  ];
  const share = shownProbability(confidence);
  const whole = Math.round(100 * confidence);
  if (!between && whole >= CERTAINTY.quite) return t("result.quite-sure", { percent: share });
  const other = between
    ? between.find((name) => name !== level)
    : /** @type {Level[]} */ (Object.keys(probabilities))
        .filter((name) => name !== level)
        .reduce((a, b) => (probabilities[b] > probabilities[a] ? b : a));
  const key = !between && whole >= CERTAINTY.fairly ? "result.fairly-sure" : "result.unsure";
  return t(key, { percent: share, level: levelWord(/** @type {Level} */ (other)) });
}

/**
 * @param {string} text
 * @param {ResultSource} source
 */
function withCautions(text, { assessment }) {
  const codes = assessment?.quality.warning_codes ?? [];
  const known = codes.filter((code) => hasText(`caution.${code}`)).slice(0, MOST_CAUTIONS);
  if (!known.length) return text;
  const cautions = list(known.map((code) => t(`caution.${code}`)));
  return t("result.caution", { certainty: text, cautions });
}

/**
 * @param {ResultSource} source
 * @param {Exclude<ResultKind, "level" | "score" | "waiting" | "problem">} kind
 * @returns {ResultLines}
 */
function stateLines({ assessment, track }, kind) {
  const age = track ? (track.statement.age ?? null) : null;
  const codes = Object.keys(reasonsOf({ assessment, track }));
  const lines = { ...EMPTY, kind, title: title(kind), score: ageText(kind, track, age) };
  if (kind === "changing") return { ...lines, certainty: t("result.changing") };
  if (kind === "not-in-view") return { ...lines, next: t("remedy.not-in-view") };
  const reasons = codes.map((code) => worded("quality", code));
  const remedies = codes.filter((code) => hasText(`remedy.${code}`));
  return {
    ...lines,
    title: reasons.length
      ? t("result.cannot-tell", { title: lines.title, reason: reasons[0] })
      : lines.title,
    certainty: reasons.length > 1 ? t("result.also", { reasons: list(reasons.slice(1)) }) : "",
    next: remedies.length ? t(`remedy.${remedies[0]}`) : t("remedy.other"),
  };
}

/**
 * @param {ResultKind} kind
 * @param {Track | null | undefined} track
 * @param {number | null} age
 */
function ageText(kind, track, age) {
  if (kind === "changing" || !track) return t("result.no-score");
  return age === null
    ? t("result.never-judged")
    : t("result.age", { duration: formatDuration(age) });
}

/**
 * Return why the face cannot be judged, as English sentences by code.
 *
 * @param {ResultSource} source
 * @returns {Record<string, string>}
 */
export function reasonsOf({ assessment, track }) {
  return (track ? track.statement.reasons : assessment?.quality.reasons) ?? {};
}

/**
 * Return what limits or prevents the result, as whole sentences with what to do.
 *
 * @param {ResultSource} source
 */
export function remarks({ assessment, track }) {
  const values = assessment?.quality.values ?? {};
  const { warnings = [], warning_codes: codes = [] } = assessment?.quality ?? {};
  const reasons = Object.entries(reasonsOf({ assessment, track }));
  /** @type {[string, string][]} */
  const limits = warnings.map((sentence, index) => [codes[index] ?? "", sentence]);
  return [...reasons, ...limits].map(([code, sentence]) => remark(code, sentence, values[code]));
}

/**
 * @param {string} code
 * @param {string} sentence In English; used where the catalogue has none, or a value is missing.
 * @param {Record<string, number>} [values]
 */
function remark(code, sentence, values = {}) {
  if (!hasText(`detail.${code}`)) return sentence;
  try {
    const detail = t(`detail.${code}`, values);
    return hasText(`remedy.${code}`) ? `${detail} ${t(`remedy.${code}`)}` : detail;
  } catch {
    return sentence;
  }
}

/**
 * @param {string} part
 * @param {string} code
 */
function worded(part, code) {
  return hasText(`${part}.${code}`) ? t(`${part}.${code}`) : code.replaceAll("-", " ");
}

/** @param {string[]} words */
function list(words) {
  return words.join(t("list.separator"));
}
