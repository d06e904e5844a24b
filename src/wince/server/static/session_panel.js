// The panel below the live view: chart, markers, times in each level, and the note.

/** @import { Assessment, Level, Scale, Track } from "./types.js" */
/** @import { Summary } from "./session.js" */

import { createChart } from "./chart.js";
import { create, find } from "./dom.js";
import { levelTitle, shapeIcon } from "./levels.js";
import { createNoteForm } from "./note.js";
import { createSession, formatDuration, timeOfDay } from "./session.js";

const SUMMARY_INTERVAL = 1000; // milliseconds

/**
 * Connect the panel.
 *
 * @param {HTMLElement} root
 * @param {Scale} scale
 */
export function createSessionPanel(root, scale) {
  const session = createSession(scale);
  const minutes = find(root, ".chart-minutes", HTMLSelectElement);
  const chart = createChart(find(root, ".chart"), scale, session, {
    minutes: () => Number(minutes.value),
  });
  /** @type {import("./note.js").Score | null} */
  let score = null;
  let summaryShownAt = 0;
  /** @type {number | undefined} */
  let timer;
  const note = createNoteForm(find(root, ".note", HTMLFormElement), scale, () => score);

  function draw(force = false) {
    const now = Date.now();
    chart.update(now, force);
    if (!force && now - summaryShownAt < SUMMARY_INTERVAL) return;
    summaryShownAt = now;
    const summary = session.summary();
    find(root, ".level-times tbody").replaceChildren(
      ...scale.levels.map(({ name }) => createLevelRow(name, summary)),
    );
    find(root, ".session-summary").textContent = describeSummary(summary);
  }

  function listMarkers() {
    const rows = session
      .markers()
      .map(({ time, text }) => create("li", "", `${timeOfDay(time)} ${text}`));
    find(root, ".marker-list").replaceChildren(...rows);
  }

  minutes.addEventListener("change", () => draw(true));
  find(root, ".marker-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = find(root, ".marker-text", HTMLInputElement);
    const text = field.value.trim() || "marker";
    find(root, ".marker-message").textContent = session.mark(text)
      ? `Marked: ${text}.`
      : "There is room for 200 markers.";
    field.value = "";
    listMarkers();
    draw(true);
  });
  find(root, ".session-clear").addEventListener("click", () => {
    session.reset();
    score = null;
    note.clear();
    listMarkers();
    find(root, ".marker-message").textContent = "";
    draw(true);
  });
  draw(true);

  return {
    /**
     * Add an answer.
     *
     * @param {Assessment | null} assessment
     * @param {Track | null} track
     */
    add(assessment, track) {
      session.add(track);
      if (assessment && track && !track.away) {
        const first = score === null;
        score = { time: Date.now(), track, model: assessment.model };
        if (first) note.takeScore();
      }
      draw();
    },
    /**
     * Show or hide the panel. A session that has begun stays visible until it is cleared.
     *
     * @param {boolean} running
     */
    show(running) {
      root.hidden = !running && session.summary().start === null;
      clearInterval(timer);
      if (!running) return;
      draw(true);
      timer = window.setInterval(() => draw(), SUMMARY_INTERVAL); // time passes without answers too
    },
  };
}

/**
 * @param {Level} name
 * @param {Summary} summary
 */
function createLevelRow(name, { seconds }) {
  const row = create("tr");
  row.dataset.shape = name;
  const title = create("th");
  title.scope = "row";
  title.append(shapeIcon(name), ` ${levelTitle(name)}`);
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0);
  const share = total ? `${Math.round((100 * seconds[name]) / total)} %` : "";
  row.append(title, create("td", "", formatDuration(seconds[name])), create("td", "", share));
  return row;
}

/** @param {Summary} summary */
function describeSummary({ start, secondsWithoutFace, peak }) {
  if (start === null) return "No live view has run yet.";
  const highest = peak
    ? ` Highest: PSPI ${peak.pspi.toFixed(1)} (${levelTitle(peak.level).toLowerCase()}) ` +
      `at ${timeOfDay(peak.time)}.`
    : "";
  const withoutFace = formatDuration(secondsWithoutFace);
  return `Since ${timeOfDay(start)}.${highest} Without a face: ${withoutFace}.`;
}
