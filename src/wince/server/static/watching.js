// What lies below the live picture: chart, markers, sums, note. Fed by the live view.

import { createChart } from "./chart.js";
import { createNote } from "./note.js";
import { clock, createSession, timeOfDay } from "./session.js";
import { levelTitle, shapeIcon } from "./shapes.js";

const SUMS_EVERY = 1000; // milliseconds

/** Bring the section to life. facts: from /v1/scale. */
export function createWatching(root, facts) {
  const find = (selector) => root.querySelector(selector);
  const session = createSession(facts);
  const span = find(".chart-minutes");
  const chart = createChart(find(".chart"), facts, session, { minutes: () => Number(span.value) });
  let present = null;
  let summedAt = 0;
  let timer = null;
  const note = createNote(find(".note"), facts, () => present);

  function draw(force = false) {
    const now = Date.now();
    chart.update(now, force);
    if (!force && now - summedAt < SUMS_EVERY) return;
    summedAt = now;
    const sums = session.sums();
    find(".sums tbody").replaceChildren(...facts.levels.map(({ name }) => sumRow(name, sums)));
    find(".sums-more").textContent = more(sums);
  }

  function listMarkers() {
    const rows = session.markers().map(({ time, text }) => {
      const row = document.createElement("li");
      row.textContent = `${timeOfDay(time)} ${text}`;
      return row;
    });
    find(".marker-list").replaceChildren(...rows);
  }

  span.addEventListener("change", () => draw(true));
  find(".marker-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = find(".marker-text");
    const text = field.value.trim() || "marker";
    const set = session.mark(text);
    find(".marker-said").textContent = set ? `Marked: ${text}.` : "There is room for 200 markers.";
    field.value = "";
    listMarkers();
    draw(true);
  });
  find(".session-clear").addEventListener("click", () => {
    session.reset();
    present = null;
    note.clear();
    listMarkers();
    find(".marker-said").textContent = "";
    draw(true);
  });
  draw(true);

  return {
    /** Take an answer: the assessment or null, and its track or null. */
    add(assessment, track) {
      session.add(track);
      if (assessment && track && !track.away) {
        const first = present === null;
        present = { time: Date.now(), track, model: assessment.model };
        if (first) note.take();
      }
      draw();
    },
    /** Show or hide the section; what it holds stays until it is cleared. */
    show(on) {
      root.hidden = !on && session.sums().began === null;
      clearInterval(timer);
      if (!on) return;
      draw(true);
      timer = setInterval(() => draw(), SUMS_EVERY); // time goes on when nothing comes
    },
  };
}

function sumRow(name, { seconds }) {
  const row = document.createElement("tr");
  row.dataset.shape = name;
  const title = document.createElement("th");
  title.scope = "row";
  title.append(shapeIcon(name), ` ${levelTitle(name)}`);
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0);
  const time = document.createElement("td");
  time.textContent = clock(seconds[name]);
  const share = document.createElement("td");
  share.textContent = total ? `${Math.round((100 * seconds[name]) / total)} %` : "";
  row.append(title, time, share);
  return row;
}

function more({ began, absent, peak }) {
  if (began === null) return "Nothing has been watched yet.";
  const high = peak
    ? ` Highest: PSPI ${peak.pspi.toFixed(1)} (${levelTitle(peak.level).toLowerCase()}) at ${timeOfDay(peak.time)}.`
    : "";
  return `Since ${timeOfDay(began)}.${high} Without a face: ${clock(absent)}.`;
}
