// Times and durations as they are written in the language of the page.

import { language, number } from "./texts.js";

/**
 * Return a duration as 0:18, 12:41 or 1:02:05.
 *
 * @param {number} seconds
 */
export function formatDuration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const rest = twoDigits(whole % 60);
  if (hours === 0) return `${digits(minutes, 1)}:${rest}`;
  return `${digits(hours, 1)}:${twoDigits(minutes)}:${rest}`;
}

/**
 * Return a duration with hours, so that its width stays the same: 00:12:41.
 *
 * @param {number} seconds
 */
export function formatLongDuration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return [whole / 3600, (whole % 3600) / 60, whole % 60].map(twoDigits).join(":");
}

/** @param {number} value */
function twoDigits(value) {
  return digits(Math.floor(value), 2);
}

/**
 * @param {number} value
 * @param {number} minimumIntegerDigits
 */
function digits(value, minimumIntegerDigits) {
  return number(value, { minimumIntegerDigits, useGrouping: false });
}

/**
 * Return the time of day: 14:03.
 *
 * @param {number} time Milliseconds since 1970.
 */
export function timeOfDay(time) {
  return format(time, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/**
 * Return the time of day with seconds: 14:03:09.
 *
 * @param {number} time Milliseconds since 1970.
 */
export function exactTimeOfDay(time) {
  const seconds = /** @type {const} */ ({ second: "2-digit", hourCycle: "h23" });
  return format(time, { hour: "2-digit", minute: "2-digit", ...seconds });
}

/**
 * Return a date with its time of day.
 *
 * @param {number} time Milliseconds since 1970.
 */
export function dateAndTime(time) {
  return format(time, { dateStyle: "long", timeStyle: "short", hourCycle: "h23" });
}

/**
 * @param {number} time
 * @param {Intl.DateTimeFormatOptions} options
 */
function format(time, options) {
  return new Date(time).toLocaleString(language().code, options);
}
