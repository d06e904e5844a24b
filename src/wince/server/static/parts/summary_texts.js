// The texts of a summary.

/** @import { Session } from "../session/session.js" */

import { levelWord, scoreOnScale, shownScore } from "../levels.js";
import { number, t } from "../texts.js";
import { dateAndTime, formatDuration } from "../times.js";
import { sessionTime } from "./trend_text.js";

/**
 * Return what was watched, and how, as pairs of name and text.
 *
 * @param {Session} session
 * @returns {[string, string][]}
 */
export function factTexts(session) {
  const { source, isRecording, model, settings } = session;
  return [
    ...(isRecording ? [pair(t("summary.film"), source)] : personTexts(session)),
    [t("summary.duration"), formatDuration(session.seconds())],
    [t("summary.model"), `${model.name} ${model.version}`],
    [t("settings.title"), settings.map((values) => settingsText(session, values)).join(" ")],
  ];
}

/**
 * Return who was watched, and when.
 *
 * @param {Session} session
 */
function personTexts(session) {
  const { label, activity, start } = session;
  return [
    pair(t("summary.person"), label || t("summary.no-label")),
    pair(t("watch.activity"), activity ? t(`watch.${activity}`) : ""),
    pair(t("summary.from"), dateAndTime(start)),
    pair(t("summary.to"), dateAndTime(session.endTime() ?? session.lastTime())),
  ];
}

/**
 * @param {string} name
 * @param {string} value
 * @returns {[string, string]}
 */
function pair(name, value) {
  return [name, value];
}

/**
 * @param {Session} session
 * @param {Session["settings"][number]} settings
 */
function settingsText(session, { time, smoothing, hold, margin }) {
  const texts = t("summary.settings", { smoothing, hold, margin });
  if (time === session.start) return texts;
  return t("summary.settings-from", { time: sessionTime(session, time), settings: texts });
}

/**
 * Return the peak and the counts, each as a sentence.
 *
 * @param {Session} session
 */
export function countTexts(session) {
  const { scale, sums } = session;
  const { frames, framesNotJudged, framesWithoutFace, announced } = sums.get();
  const peak = sums.peak();
  return [
    peak ? peakText(session, peak) : t("summary.no-peak"),
    ...(scale.levels.length ? [t("summary.announcements", { count: announced.length })] : []),
    t("summary.frames", { count: frames, unjudged: framesNotJudged, faceless: framesWithoutFace }),
  ];
}

/**
 * @param {Session} session
 * @param {NonNullable<ReturnType<Session["sums"]["peak"]>>} peak
 */
function peakText(session, { level, score, seconds }) {
  const values = {
    score: scoreOnScale(session.scale, shownScore(session.scale, score)),
    time: sessionTime(session, session.start + 1000 * seconds),
  };
  return level === null
    ? t("summary.peak-score", values)
    : t("summary.peak", { ...values, level: levelWord(level) });
}

/**
 * Return when a prompt came, how long it stood, and who looked.
 *
 * @param {Session} session
 * @param {number} index
 */
export function promptText(session, index) {
  const { start, end, observer, level } = session.prompts[index];
  const until = end ?? session.endTime() ?? session.lastTime();
  const values = {
    number: number(index + 1),
    time: sessionTime(session, start),
    level: levelWord(level),
    duration: formatDuration((until - start) / 1000),
    observer: observer || t("judgement.unnamed"),
  };
  return t(end === null ? "summary.prompt-open" : "summary.prompt", values);
}
