// A note for the patient's chart: the score, and the observer's own judgement of it. It is made in the
// browser and saved by the user as a file; nothing else stores it.

/** @import { ModelName, Scale, StatedLevel } from "../types.js" */

import { context2d, find } from "../dom.js";
import { shownScore, statedTitle } from "../levels.js";
import { timeOfDay } from "./session.js";

const CAUTION =
  "Read from the face by wince, research software and not a medical device. It scores expression, " +
  "not experience; a low score does not rule pain out.";
/** @type {Record<string, string>} */
const JUDGEMENTS = { agree: "agrees", higher: "judges it higher", lower: "judges it lower" };
const [IMAGE_WIDTH, IMAGE_PADDING, IMAGE_SCALE, NAME_WIDTH] = [640, 32, 2, 170];

/** @typedef {{ time: number, statement: StatedLevel, model: ModelName }} Score A score and its time. */
/** @typedef {Record<string, string>} Note Columns of the note with their texts. */

/**
 * Connect the form. It shows the newest score, and saves the one that it shows.
 *
 * @param {HTMLFormElement} form
 * @param {Scale} scale
 */
export function createNoteForm(form, scale) {
  /** @type {Score | null} */
  let score = null;

  /** @param {Score | null} newest */
  function show(newest) {
    score = newest;
    find(form, ".note-score").textContent = score
      ? `${timeOfDay(score.time)}: ${statedTitle(score.statement)}, ` +
        `PSPI ${shownScore(scale, score.statement.pspi)} of ${scale.maximum}`
      : "No score yet.";
    for (const button of form.querySelectorAll(".note-save button")) {
      button.toggleAttribute("disabled", !score);
    }
  }

  /**
   * @param {Score} score
   * @returns {Note}
   */
  function createNote({ time, statement, model }) {
    const fields = new FormData(form);
    /** @param {string} name */
    const text = (name) => String(fields.get(name) ?? "").trim();
    return {
      time: isoTime(time),
      person: text("person"),
      observer: text("observer"),
      pspi: shownScore(scale, statement.pspi),
      level: statement.between?.join(";") ?? statement.level,
      interval_low: statement.interval[0].toFixed(1),
      interval_high: statement.interval[1].toFixed(1),
      observer_judgement: text("judgement"),
      model: `${model.name} ${model.version}`,
    };
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!score) return;
    const note = createNote(score);
    const lines = noteLines(note, score.statement, scale);
    const name = `wince-${note.time.slice(0, 19).replace(/[:T]/g, "-")}`;
    const format = event.submitter?.getAttribute("value");
    if (format === "csv") save(asCsv(note), `${name}.csv`);
    else if (format === "png") save(await asImage(lines), `${name}.png`);
    else save(asText(lines), `${name}.txt`);
  });
  show(null);
  return {
    show,
    /** Empty the form, for another person. */
    clear() {
      form.reset();
      show(null);
    },
  };
}

/**
 * Return a note as CSV: a header and one row. A spreadsheet must not take a text for a formula.
 *
 * @param {Note} note
 */
function asCsv(note) {
  /** @param {string} value */
  const cell = (value) => {
    const plain = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  const rows = [Object.keys(note), Object.values(note).map(cell)];
  return new Blob([`${rows.map((row) => row.join(",")).join("\r\n")}\r\n`], { type: "text/csv" });
}

/**
 * Return a note as plain text.
 *
 * @param {string[][]} lines
 */
function asText(lines) {
  const text = lines.map((pair) => pair.join(": ")).join("\n");
  return new Blob([`${text}\n\n${CAUTION}\n`], { type: "text/plain;charset=utf-8" });
}

/**
 * Return a note as a PNG image, dark on white.
 *
 * @param {string[][]} lines
 * @returns {Promise<Blob | null>}
 */
async function asImage(lines) {
  const canvas = document.createElement("canvas");
  const context = context2d(canvas);
  const innerWidth = IMAGE_WIDTH - 2 * IMAGE_PADDING;
  context.font = "13px sans-serif";
  const caution = wrapText(context, CAUTION, innerWidth);
  context.font = "600 15px sans-serif";
  const rows = lines.map(([name, value]) => ({
    name,
    valueLines: wrapText(context, value, innerWidth - NAME_WIDTH),
  }));
  const lineCount = rows.reduce((count, { valueLines }) => count + valueLines.length, 0);
  const height = 2 * IMAGE_PADDING + 40 + 24 * lineCount + 12 + 18 * caution.length;
  canvas.width = IMAGE_WIDTH * IMAGE_SCALE;
  canvas.height = height * IMAGE_SCALE;
  context.scale(IMAGE_SCALE, IMAGE_SCALE);
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, IMAGE_WIDTH, height);
  context.fillStyle = "#17211f";
  context.font = "700 20px sans-serif";
  context.fillText("Pain expression: note", IMAGE_PADDING, IMAGE_PADDING + 16);
  let y = IMAGE_PADDING + 52;
  for (const { name, valueLines } of rows) {
    context.font = "15px sans-serif";
    context.fillText(name, IMAGE_PADDING, y);
    context.font = "600 15px sans-serif";
    for (const line of valueLines) {
      context.fillText(line, IMAGE_PADDING + NAME_WIDTH, y);
      y += 24;
    }
  }
  context.font = "13px sans-serif";
  context.fillStyle = "#51605c";
  y += 12;
  for (const line of caution) {
    context.fillText(line, IMAGE_PADDING, y);
    y += 18;
  }
  return new Promise((resolve) => {
    canvas.toBlob(resolve, "image/png");
  });
}

/**
 * Return the lines of a note for reading, as pairs of name and value.
 *
 * @param {Note} note
 * @param {StatedLevel} statement
 * @param {Scale} scale
 */
function noteLines(note, statement, scale) {
  const { time, person, observer, pspi, interval_low: low, interval_high: high, model } = note;
  return [
    ["Time", `${time.slice(0, 10)} ${time.slice(11)}`],
    ["Person", person || "not named"],
    ["Observer", observer || "not named"],
    ["Pain expression", statedTitle(statement)],
    ["PSPI", `${pspi} of ${scale.maximum}, 90 % interval ${low} to ${high}`],
    ["The observer", JUDGEMENTS[note.observer_judgement] ?? "has not judged"],
    ["Model", model],
  ];
}

/**
 * Return a text in lines that fit a width.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} width
 */
function wrapText(context, text, width) {
  const words = text.split(/\s+/).flatMap((word) => word.match(/.{1,48}/gu) ?? []);
  const lines = [""];
  for (const word of words) {
    const last = lines[lines.length - 1];
    const longer = `${last} ${word}`.trim();
    if (last && context.measureText(longer).width > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/**
 * Return a time with the local offset, such as 2026-03-01T14:05:09+01:00.
 *
 * @param {number} time Milliseconds.
 */
function isoTime(time) {
  const offset = -new Date(time).getTimezoneOffset();
  const local = new Date(time + offset * 60000).toISOString().slice(0, 19);
  /** @param {number} number */
  const twoDigits = (number) => String(Math.floor(Math.abs(number))).padStart(2, "0");
  return `${local}${offset < 0 ? "-" : "+"}${twoDigits(offset / 60)}:${twoDigits(offset % 60)}`;
}

/**
 * Let the browser save a file.
 *
 * @param {Blob | null} blob
 * @param {string} name
 */
function save(blob, name) {
  if (!blob) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
