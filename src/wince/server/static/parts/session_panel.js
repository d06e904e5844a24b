// The panel below the live view: chart, markers, times in each level, and the note.

/** @import { Assessment, Level, Scale, StatedLevel, Track } from "../types.js" */
/** @import { Summary } from "../session/session.js" */

import { createChart } from "./chart.js";
import { capitalised, create, find } from "../dom.js";
import { levelTitle, shapeIcon, shownScore, statedTitle } from "../levels.js";
import { createNoteForm } from "../session/note.js";
import { createSession, formatDuration, timeOfDay } from "../session/session.js";

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
  let summaryShownAt = 0;
  /** @type {number | undefined} */
  let timer;
  const note = createNoteForm(find(root, ".note", HTMLFormElement), scale);

  function draw(force = false) {
    const now = Date.now();
    chart.update(now, force);
    if (!force && now - summaryShownAt < SUMMARY_INTERVAL) return;
    summaryShownAt = now;
    const summary = session.summary();
    const levels = scale.levels.map(({ name }) => createRow(name, levelTitle(name), summary, name));
    const states = Object.keys(summary.seconds).slice(levels.length);
    find(root, ".level-times tbody").replaceChildren(
      ...levels,
      ...states.map((state) => createRow(state, stateTitle(state), summary)),
    );
    find(root, ".session-summary").textContent = describeSummary(scale, summary);
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
  function clear() {
    session.reset();
    note.clear();
    listMarkers();
    find(root, ".marker-message").textContent = "";
    draw(true);
  }

  find(root, ".session-clear").addEventListener("click", clear);
  draw(true);

  return {
    /**
     * Add the answer to a frame that was assessed.
     *
     * @param {Assessment | null} assessment
     * @param {Track} track
     */
    add(assessment, track) {
      session.add(track);
      if (assessment && track.score && track.statement.level !== null) {
        const statement = /** @type {StatedLevel} */ (track.statement);
        note.show({ time: Date.now(), statement, model: assessment.model });
      }
      draw();
    },
    /** Begin a new session, for another person. */
    clear,
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
 * @param {string} state
 * @param {string} title
 * @param {Summary} summary
 * @param {Level} [shape]
 */
function createRow(state, title, { seconds }, shape) {
  const row = create("tr");
  row.dataset.shape = shape ?? "";
  row.dataset.state = state;
  const head = create("th");
  head.scope = "row";
  head.append(...(shape ? [shapeIcon(shape)] : []), ` ${title}`);
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0);
  const share = total ? `${Math.round((100 * seconds[state]) / total)} %` : "";
  row.append(head, create("td", "", formatDuration(seconds[state])), create("td", "", share));
  return row;
}

/**
 * Return the title of a state that is not a level: "Not in view", "Between mild and moderate".
 *
 * @param {string} state
 */
function stateTitle(state) {
  const levels = /** @type {Level[]} */ (state.split("/"));
  if (levels.length === 2)
    return statedTitle({ level: levels[0], between: [levels[0], levels[1]] });
  return capitalised(state.replaceAll("-", " "));
}

/**
 * @param {Scale} scale
 * @param {Summary} summary
 */
function describeSummary(scale, { start, peak }) {
  if (start === null) return "No live view has run yet.";
  const highest = peak
    ? ` Highest: PSPI ${shownScore(scale, peak.pspi)} (${levelTitle(peak.level).toLowerCase()}) ` +
      `at ${timeOfDay(peak.time)}.`
    : "";
  return `Since ${timeOfDay(start)}.${highest}`;
}
