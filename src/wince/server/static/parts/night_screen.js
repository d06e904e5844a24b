// The night screen: a dark page for the bedside with what is stated in large letters. It speaks
// nothing.

/** @import { State } from "../state.js" */
/** @import { Session } from "../session/session.js" */
/** @import { WatchStatus } from "../session/watch_status.js" */
/** @import { Scale, TrackStatement } from "../types.js" */

import { find, setText } from "../dom.js";
import { SHAPES, STATE_SHAPES, shapeName, statedTitle } from "../levels.js";
import { watchStatus } from "../session/watch_status.js";
import { t, title } from "../texts.js";
import { formatDuration, timeOfDay } from "../times.js";
import { createPrompt } from "./prompt.js";
import { createTrend } from "./trend.js";
import { stateTitle } from "./trend_text.js";
import { CROSS, personLabel, reasonWords, shortProblem } from "./watch_texts.js";

const STALE = 1000; // milliseconds since the last face, after which what is shown is grey

/**
 * @typedef {object} NightActions
 * @property {(isNight: boolean) => void} setNight
 * @property {(observer: string) => void} onLooked
 */

/**
 * Connect the dialog with the button that opens it.
 *
 * @param {HTMLDialogElement} dialog
 * @param {HTMLElement} button
 * @param {NightActions} actions
 * @param {() => number} [clock]
 */
export function createNightScreen(dialog, button, { setNight, onLooked }, clock = Date.now) {
  const end = find(dialog, ".night-end");
  const drawTrend = createTrend(find(dialog, ".night-trend"));
  const drawPrompt = createPrompt(find(dialog, ".night-prompt"), {
    onLooked,
    focusAfter: () => end,
    isSilent: true,
  });
  const path = find(dialog, ".night-shape path", SVGPathElement);
  button.addEventListener("click", () => setNight(true));
  end.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => setNight(false));
  find(dialog, ".night-awake").hidden = "wakeLock" in navigator;

  /**
   * @param {State} state
   * @param {Session} session
   * @param {number} now
   */
  function fill(state, session, now) {
    const status = watchStatus(state, now);
    const statement = status.kind === "not-watching" ? null : session.statement();
    const view = nightView(status, statement, session.scale);
    dialog.dataset.kind = view.kind;
    dialog.dataset.shape = view.level ?? "";
    const age = faceAge(session, now);
    dialog.classList.toggle("stale", age === null || age > STALE);
    if (path.getAttribute("d") !== view.shape) path.setAttribute("d", view.shape);
    setText(find(dialog, ".night-word"), view.word);
    setText(find(dialog, ".night-note"), view.note);
    setText(find(dialog, ".night-age"), ageText(age));
    setText(find(dialog, ".night-label"), personLabel(session.label));
    setText(find(dialog, ".night-clock"), timeOfDay(now));
  }

  /** @param {State} state */
  return (state) => {
    const { isNight, session } = state.live;
    if (!isNight || !session) {
      if (dialog.open) dialog.close();
      return;
    }
    const now = clock();
    if (!dialog.open) dialog.showModal();
    fill(state, session, now);
    drawTrend(session, now);
    drawPrompt(state, now);
  };
}

/**
 * Return what is shown in large letters.
 *
 * @param {WatchStatus} status
 * @param {TrackStatement | null} statement
 * @param {Scale} scale
 */
function nightView({ kind, since, reasons, problem }, statement, scale) {
  const view = { kind, level: null, shape: STATE_SHAPES.waiting, note: "" };
  if (kind === "not-watching") {
    const note = t("night.since", {
      time: timeOfDay(since),
      reason: problem ? shortProblem(problem) : "",
    });
    return { ...view, shape: CROSS, word: t("night.not-watching"), note };
  }
  if (kind === "full") return { ...view, word: t("night.full") };
  if (!statement) return { ...view, word: t("night.waiting") };
  const { level, between } = statement;
  if (level !== null) {
    const shape = shapeName(level);
    const word = statedTitle({ level, between });
    return { ...view, level: shape, shape: SHAPES[shape], word };
  }
  if (statement.score !== null) {
    return { ...view, shape: STATE_SHAPES.score, word: stateTitle(scale, statement) };
  }
  const shape = STATE_SHAPES[statement.kind];
  return { ...view, shape, word: title(statement.kind), note: reasonWords(reasons) };
}

/**
 * Return the milliseconds since the last face that could be judged; null before the first.
 *
 * @param {Session} session
 * @param {number} now
 */
function faceAge(session, now) {
  const age = session.statement()?.age ?? null;
  return age === null ? null : 1000 * age + now - session.lastTime();
}

/** @param {number | null} age */
function ageText(age) {
  if (age === null) return t("night.no-face-yet");
  if (age <= STALE) return t("night.face-now");
  return t("night.face-age", { duration: formatDuration(age / 1000) });
}
