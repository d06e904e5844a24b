// The text alternative of a trend.

/** @import { Scale, TrackStatement } from "../types.js" */
/** @import { Session } from "../session/session.js" */

import { levelWord, scoreOnScale, shownScore, statedTitle, wholeScore } from "../levels.js";
import { t, title } from "../texts.js";
import { exactTimeOfDay, formatDuration } from "../times.js";

/**
 * Return a time of a session: of the day, or of the recording.
 *
 * @param {{ start: number, isRecording: boolean }} session
 * @param {number} time Milliseconds.
 */
export function sessionTime({ start, isRecording }, time) {
  return isRecording ? formatDuration((time - start) / 1000) : exactTimeOfDay(time);
}

/**
 * Return a statement over time in a few words.
 *
 * @param {Scale} scale
 * @param {TrackStatement} statement
 */
export function stateTitle(scale, statement) {
  const { level, between } = statement;
  if (level !== null) return statedTitle({ level, between });
  if (statement.score !== null) return scoreOnScale(scale, wholeScore(scale, statement.score));
  return title(statement.kind);
}

/**
 * Return what a trend shows, in words.
 *
 * @param {Session} session
 * @param {number} end Milliseconds: now, or when the session ended.
 */
export function describeTrend(session, end) {
  const { scale, start, sums, markers, prompts } = session;
  const statement = session.statement();
  const peak = sums.peak();
  const parts = [t("trend.length", { duration: formatDuration((end - start) / 1000) })];
  if (session.endTime() === null && statement) {
    parts.push(t("trend.now", { state: stateTitle(scale, statement) }));
  }
  if (peak) {
    const time = sessionTime(session, start + 1000 * peak.seconds);
    const values = { scale: scale.name, score: shownScore(scale, peak.score), time };
    const { level } = peak;
    parts.push(
      level === null
        ? t("trend.peak-score", values)
        : t("trend.peak", { ...values, level: levelWord(level) }),
    );
  }
  if (markers.length) parts.push(t("trend.markers", { count: markers.length }));
  if (prompts.length) parts.push(t("trend.prompts", { count: prompts.length }));
  return parts.join(" ");
}
