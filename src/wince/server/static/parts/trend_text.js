// The text alternative of a trend.

/** @import { Session } from "../session/session.js" */

import { levelWord, shownScore, statedTitle } from "../levels.js";
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
    const state = statement.level === null ? title(statement.kind) : statedTitle(statement);
    parts.push(t("trend.now", { state }));
  }
  if (peak) {
    const time = sessionTime(session, start + 1000 * peak.seconds);
    const score = shownScore(scale, peak.pspi);
    parts.push(t("trend.peak", { score, level: levelWord(peak.level), time }));
  }
  if (markers.length) parts.push(t("trend.markers", { count: markers.length }));
  if (prompts.length) parts.push(t("trend.prompts", { count: prompts.length }));
  return parts.join(" ");
}
