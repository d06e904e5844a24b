// A note for the chart: what was read, and what the observer judged beside it. Made in the browser,
// saved by the reader as a file, stored nowhere else.

import { timeOfDay } from "./session.js";
import { levelTitle } from "./shapes.js";

export const CAUTION =
  "Read from the face by wince, research software and not a medical device. It scores expression, " +
  "not experience; a low score does not rule pain out.";
const JUDGEMENTS = { agree: "agrees", higher: "judges it higher", lower: "judges it lower" };
const [PNG_WIDTH, PNG_PADDING, PNG_SCALE] = [640, 32, 2];

/**
 * Bring the form to life. form: the element; facts: from /v1/scale; present() returns what stands,
 * {time, track, model}, or null.
 */
export function createNote(form, facts, present) {
  const find = (selector) => form.querySelector(selector);
  let taken = null;

  function take() {
    taken = present();
    find(".note-score").textContent = taken
      ? `${timeOfDay(taken.time)}: ${levelTitle(taken.track.level)}, PSPI ${taken.track.pspi.toFixed(1)} of ${facts.maximum}`
      : "No score yet: take one while a face is in view.";
    for (const button of form.querySelectorAll(".note-save button")) button.disabled = !taken;
  }

  function note() {
    const text = (name) => form.elements[name].value.trim();
    const { time, track, model } = taken;
    return {
      time: isoTime(time),
      person: text("person"),
      observer: text("observer"),
      pspi: track.pspi.toFixed(1),
      level: track.level,
      interval_low: track.interval[0].toFixed(1),
      interval_high: track.interval[1].toFixed(1),
      observer_judgement: form.elements.judgement.value || "",
      model: `${model.name} ${model.version}`,
    };
  }

  find(".note-take").addEventListener("click", take);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!taken) return;
    const found = note();
    const kind = event.submitter?.value ?? "text";
    const blob = { csv: () => asCsv(found), text: () => asText(found, facts), png: () => asPng(found, facts) };
    save(await blob[kind](), `wince-${found.time.slice(0, 19).replace(/[:T]/g, "-")}.${{ csv: "csv", text: "txt", png: "png" }[kind]}`);
  });
  take();
  return {
    take,
    /** Empty the form, for another person. */
    clear() {
      form.reset();
      take();
    },
  };
}

/** Return a note as CSV: a header and one row. A spreadsheet must not take a text for a formula. */
export function asCsv(note) {
  const cell = (value) => {
    const plain = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  const rows = [Object.keys(note), Object.values(note).map(cell)];
  return new Blob([`${rows.map((row) => row.join(",")).join("\r\n")}\r\n`], { type: "text/csv" });
}

/** Return a note as plain text. */
export function asText(note, facts) {
  return new Blob([`${lines(note, facts).map((pair) => pair.join(": ")).join("\n")}\n\n${CAUTION}\n`], {
    type: "text/plain;charset=utf-8",
  });
}

/** Return a note as a picture, dark on light. */
export async function asPng(note, facts) {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const rows = lines(note, facts);
  const inner = PNG_WIDTH - 2 * PNG_PADDING;
  pen.font = "13px sans-serif";
  const caution = wrapped(pen, CAUTION, inner);
  pen.font = "600 15px sans-serif";
  const values = rows.map(([, value]) => wrapped(pen, value, inner - 170));
  const height = 2 * PNG_PADDING + 40 + 24 * values.flat().length + 12 + 18 * caution.length;
  canvas.width = PNG_WIDTH * PNG_SCALE;
  canvas.height = height * PNG_SCALE;
  pen.scale(PNG_SCALE, PNG_SCALE);
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, PNG_WIDTH, height);
  pen.fillStyle = "#17211f";
  pen.font = "700 20px sans-serif";
  pen.fillText("Pain expression: note", PNG_PADDING, PNG_PADDING + 16);
  let y = PNG_PADDING + 52;
  rows.forEach(([name], index) => {
    pen.font = "15px sans-serif";
    pen.fillText(name, PNG_PADDING, y);
    pen.font = "600 15px sans-serif";
    for (const part of values[index]) {
      pen.fillText(part, PNG_PADDING + 170, y);
      y += 24;
    }
  });
  pen.font = "13px sans-serif";
  pen.fillStyle = "#51605c";
  y += 12;
  for (const part of caution) {
    pen.fillText(part, PNG_PADDING, y);
    y += 18;
  }
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function lines(note, facts) {
  const { time, person, observer, pspi, level, interval_low, interval_high, model } = note;
  const judged = JUDGEMENTS[note.observer_judgement] ?? "has not judged";
  return [
    ["Time", `${time.slice(0, 10)} ${time.slice(11)}`],
    ["Person", person || "not named"],
    ["Observer", observer || "not named"],
    ["Pain expression", levelTitle(level)],
    ["PSPI", `${pspi} of ${facts.maximum}, 90 % interval ${interval_low} to ${interval_high}`],
    ["The observer", judged],
    ["Model", model],
  ];
}

function wrapped(pen, text, width) {
  const found = [""];
  for (const word of text.split(/\s+/).flatMap((long) => long.match(/.{1,48}/gu) ?? [])) {
    const longer = `${found.at(-1)} ${word}`.trim();
    if (pen.measureText(longer).width > width && found.at(-1)) found.push(word);
    else found[found.length - 1] = longer;
  }
  return found;
}

/** Return a time with the offset of this place, such as 2026-03-01T14:05:09+01:00. */
function isoTime(time) {
  const offset = -new Date(time).getTimezoneOffset();
  const local = new Date(time + offset * 60000).toISOString().slice(0, 19);
  const two = (number) => String(Math.floor(Math.abs(number))).padStart(2, "0");
  return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
