// A session as files: CSV with all points, and JSON with the summary. docs/live.md describes both.

/** @import { Scale } from "../types.js" */
/** @import { Column } from "./points.js" */
/** @import { Session } from "./session.js" */

import { isPspi } from "../levels.js";

const SCHEMA = "1"; // of the JSON form
const TREND_POINTS = 600; // most points of the trend in the JSON form
const ROWS_A_PIECE = 5000;
const ADDED = ["page_hidden", "marker"]; // last columns of the CSV form

/** Columns of numbers: where the value is, and how many decimals it has. */
/** @type {Record<string, [Column, number]>} */
const NUMBERS = {
  pspi: ["score", 3],
  confidence: ["confidence", 4],
  AU4: ["AU4", 3],
  AU6: ["AU6", 3],
  AU7: ["AU7", 3],
  AU9: ["AU9", 3],
  AU10: ["AU10", 3],
  AU43: ["AU43", 3],
  filtered_pspi: ["filtered", 3],
  track_pspi: ["stated", 3],
  track_interval_low: ["low", 3],
  track_interval_high: ["high", 3],
  track_confidence: ["probability", 4],
  age: ["age", 3],
  milliseconds: ["milliseconds", 1],
  box_x0: ["x0", 1],
  box_y0: ["y0", 1],
  box_x1: ["x1", 1],
  box_y1: ["y1", 1],
  yaw: ["yaw", 1],
  pitch: ["pitch", 1],
  roll: ["roll", 1],
};

/** @typedef {(session: Session, index: number) => string | number} Cell */

/** @type {Record<string, Cell>} */
const CELLS = {
  source: ({ source }) => csvText(source),
  label: ({ label }) => csvText(label),
  activity: ({ activity }) => activity ?? "",
  time: (session, index) => timeOf(session, 1000 * session.points.get(index, "seconds")) ?? "",
  seconds: (session, index) => rounded(session.points.get(index, "seconds"), 3),
  frame: (_, index) => index,
  person: ({ points }, index) => points.get(index, "person") || "",
  faces: ({ points }, index) => points.get(index, "faces"),
  face: ({ points }, index) => points.get(index, "hasFace"),
  reasons: wordCell("reasons"),
  pspi: numberCell("pspi"),
  level: wordCell("level"),
  between: wordCell("between"),
  ...numberCells("confidence", "AU4", "AU6", "AU7", "AU9", "AU10", "AU43", "filtered_pspi"),
  statement: wordCell("kind"),
  track_pspi: numberCell("track_pspi"),
  track_level: wordCell("statedLevel"),
  track_between: wordCell("statedBetween"),
  ...numberCells("track_interval_low", "track_interval_high", "track_confidence"),
  announced: ({ points }, index) => points.get(index, "isAnnounced"),
  eyes: wordCell("eyes"),
  ...numberCells("age", "milliseconds", "box_x0", "box_y0", "box_x1", "box_y1"),
  ...numberCells("yaw", "pitch", "roll"),
  scale: ({ scale }) => csvText(scale.name),
};

/** @param {string} name */
function numberCell(name) {
  const [column, decimals] = NUMBERS[name];
  /** @type {Cell} */
  return ({ points }, index) => {
    const value = points.get(index, column);
    return Number.isNaN(value) ? "" : rounded(value, decimals);
  };
}

/** @param {...string} names */
function numberCells(...names) {
  return Object.fromEntries(names.map((name) => [name, numberCell(name)]));
}

/** @param {keyof Session["words"]} column */
function wordCell(column) {
  /** @type {Cell} */
  return ({ points, words }, index) => words[column][points.get(index, column)];
}

/**
 * Return the texts of the markers by the index of the point that follows, or else of the last point.
 *
 * @param {Session} session
 */
function markerTexts({ markers, points, start }) {
  /** @type {Map<number, string>} */
  const texts = new Map();
  let index = 0;
  for (const { time, text } of markers.toSorted((one, other) => one.time - other.time)) {
    const last = points.length() - 1;
    while (index < last && start + 1000 * points.get(index, "seconds") < time) index += 1;
    texts.set(index, [...(texts.get(index)?.split("; ") ?? []), text].join("; "));
  }
  return texts;
}

/**
 * Return for how many seconds the page was hidden before a point, by its index. A point counts the
 * pauses since the one before.
 *
 * @param {Session} session
 */
function hiddenTimes({ pauses, points, start }) {
  /** @type {Map<number, number>} */
  const times = new Map();
  let index = 0;
  for (const pause of pauses) {
    while (index < points.length() && start + 1000 * points.get(index, "seconds") < pause.end) {
      index += 1;
    }
    const seconds = (times.get(index) ?? 0) + (pause.end - pause.start) / 1000;
    times.set(index, rounded(seconds, 3));
  }
  return times;
}

/**
 * Return the columns of a scale by their names for PSPI, which alone has action units. Another scale
 * has its name in the last one.
 *
 * @param {Scale} scale
 */
function columnNames(scale) {
  const names = Object.keys(CELLS);
  return isPspi(scale)
    ? names.filter((name) => name !== "scale")
    : names.filter((name) => !/^AU\d/.test(name));
}

/**
 * Return the name of a column or member on a scale: those of PSPI have its name.
 *
 * @param {string} name
 * @param {Scale} scale
 */
function named(name, scale) {
  return isPspi(scale) ? name : name.replace("pspi", "score");
}

/**
 * Return a session as CSV: a header and a row for each point. It is made in pieces, between which
 * the page can do other things.
 *
 * @param {Session} session
 */
export async function csvFile(session) {
  const names = columnNames(session.scale);
  const parts = [
    new Blob([`${[...names.map((name) => named(name, session.scale)), ...ADDED].join(",")}\r\n`]),
  ];
  const texts = markerTexts(session);
  const hidden = hiddenTimes(session);
  for (let start = 0; start < session.points.length(); start += ROWS_A_PIECE) {
    parts.push(new Blob([csvRows(session, { texts, hidden }, start, start + ROWS_A_PIECE)]));
    await new Promise((resolve) => {
      setTimeout(resolve);
    });
  }
  return new Blob(parts, { type: "text/csv" });
}

/**
 * Return rows of a CSV file.
 *
 * @param {Session} session
 * @param {{ texts: Map<number, string>, hidden: Map<number, number> }} added Texts of the markers, and
 *   seconds for which the page was hidden, by the index of the point.
 * @param {number} start Index of the first point.
 * @param {number} end Index after the last point.
 */
function csvRows(session, { texts, hidden }, start, end) {
  const cells = columnNames(session.scale).map((name) => CELLS[name]);
  let text = "";
  for (let index = start; index < Math.min(end, session.points.length()); index += 1) {
    const values = cells.map((cell) => cell(session, index));
    const marker = csvText(texts.get(index) ?? "");
    text += `${[...values, hidden.get(index) ?? "", marker].join(",")}\r\n`;
  }
  return text;
}

/**
 * Return a text as a CSV cell. A spreadsheet must not take it for a formula: see
 * `wince.spreadsheet_cells`.
 *
 * @param {string} text
 */
function csvText(text) {
  const guarded = /^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/**
 * Return a session as JSON.
 *
 * @param {Session} session
 */
export function jsonFile(session) {
  const text = `${JSON.stringify(sessionData(session), null, 2)}\n`;
  return new Blob([text], { type: "application/json" });
}

/**
 * Return the summary of a session as plain data.
 *
 * @param {Session} session
 */
export function sessionData(session) {
  /** @param {number} time */
  const seconds = (time) => rounded((time - session.start) / 1000, 3);
  const { source, label, activity, model, scale } = session;
  return {
    schema: SCHEMA,
    source,
    person: session.person(),
    label,
    activity,
    start: timeOf(session, 0),
    duration: rounded(session.seconds(), 3),
    model,
    scale: scaleData(scale),
    settings: session.settings.map(({ time, ...values }) => ({
      seconds: seconds(time),
      ...values,
    })),
    ...sumsData(session.sums.get(), scale),
    trend: trendData(session),
    markers: session.markers.map(({ time, text }) => ({ seconds: seconds(time), text })),
    pauses: session.pauses.map(({ start, end }) => ({
      seconds: seconds(start),
      until: seconds(end),
    })),
    prompts: session.prompts.map(({ start, end, observer, level }) => ({
      seconds: seconds(start),
      until: end === null ? null : seconds(end),
      level,
      observer,
    })),
    judgements: session.judgements.map(({ time, score, ...judgement }) => ({
      seconds: seconds(time),
      ...judgement,
      [named("pspi", scale)]: score,
    })),
  };
}

/**
 * Return a scale in the form of model.json.
 *
 * @param {Scale} scale
 */
function scaleData({ name, minimum, maximum, unit, levels }) {
  return {
    name,
    low: minimum,
    high: maximum,
    unit,
    cuts: levels.slice(1).map(({ from_score: from }) => from),
    levels: levels.map((level) => level.name),
  };
}

/**
 * @param {ReturnType<Session["sums"]["get"]>} sums
 * @param {Scale} scale
 */
function sumsData(sums, scale) {
  const column = named("pspi", scale);
  const { peak } = sums;
  return {
    seconds: {
      levels: roundedTimes(sums.levels),
      between: roundedTimes(sums.between),
      scored: rounded(sums.scored, 3),
      changing: rounded(sums.changing, 3),
      cannot_tell: roundedTimes(sums.cannotTell),
      not_in_view: rounded(sums.notInView, 3),
      not_connected: rounded(sums.notConnected, 3),
      page_hidden: rounded(sums.pageHidden, 3),
    },
    frames: {
      all: sums.frames,
      without_face: sums.framesWithoutFace,
      not_judged: sums.framesNotJudged,
    },
    peaks: Object.fromEntries(
      Object.entries(sums.peaks).map(([level, { score, seconds }]) => [
        level,
        { [column]: score, seconds: rounded(seconds, 3) },
      ]),
    ),
    peak: peak && { [column]: peak.score, seconds: rounded(peak.seconds, 3) },
    announced: sums.announced.map(({ seconds, score, ...announcement }) => ({
      seconds: rounded(seconds, 3),
      ...announcement,
      [column]: score,
    })),
  };
}

/** @param {Session} session */
function trendData({ trend, scale }) {
  const steps = trend.withScores(TREND_POINTS);
  const points = [];
  for (let index = 0; index < steps.length(); index += 1) {
    if (steps.frames(index) === 0) continue;
    points.push({
      seconds: rounded(index * steps.step, 3),
      [named("pspi", scale)]: rounded(steps.mean(index), 3),
      highest: steps.high(index),
    });
  }
  return { step: steps.step, points };
}

/**
 * Return a time of a session with the local offset, such as 2026-03-01T14:05:09.250+01:00; null in a
 * recording, whose date nobody knows.
 *
 * @param {Session} session
 * @param {number} milliseconds From the start.
 */
function timeOf({ start, isRecording }, milliseconds) {
  if (isRecording) return null;
  const date = new Date(Math.round(start + milliseconds));
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60000).toISOString().slice(0, -1);
  /** @param {number} number */
  const twoDigits = (number) => String(Math.floor(Math.abs(number))).padStart(2, "0");
  return `${local}${offset < 0 ? "-" : "+"}${twoDigits(offset / 60)}:${twoDigits(offset % 60)}`;
}

/** @param {Record<string, number>} times */
function roundedTimes(times) {
  return Object.fromEntries(Object.entries(times).map(([name, time]) => [name, rounded(time, 3)]));
}

/**
 * @param {number} value
 * @param {number} decimals
 */
function rounded(value, decimals) {
  return Number(value.toFixed(decimals));
}

/**
 * Return the name of a session's file: the person's label and the date, without what file systems
 * refuse.
 *
 * @param {Session} session
 * @param {string} suffix
 */
export function fileName(session, suffix) {
  const time = timeOf(session, 0)?.slice(0, 19).replace(/[:T]/g, "-");
  const parts = [session.label || (session.isRecording ? session.source : ""), time];
  const name = ["wince", ...parts]
    .map((part) => (part ?? "").replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "-").slice(0, 60))
    .filter((part) => part);
  return `${name.join("-")}.${suffix}`;
}
