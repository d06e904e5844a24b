// Connects the parts of sessions: of the watched person, and of a video.

/** @import { LiveFlow } from "../flows/live.js" */
/** @import { PromptFlow } from "../flows/prompt.js" */
/** @import { Announcer } from "../speech/announcer.js" */
/** @import { State, Store } from "../state.js" */

import { byId } from "../dom.js";
import { startTicker } from "../media/ticker.js";
import { createWakeLock } from "../media/wake_lock.js";
import { isUnsaved } from "./discard_dialog.js";
import { createJudgement } from "./judgement.js";
import { createMarkers } from "./markers.js";
import { createNightScreen } from "./night_screen.js";
import { createPrompt } from "./prompt.js";
import { createStatusStrip } from "./status_strip.js";
import { createSummary } from "./summary.js";
import { createTrend } from "./trend.js";

const TICK = 1000; // milliseconds

/**
 * @typedef {object} SessionFlows
 * @property {LiveFlow} live
 * @property {PromptFlow} prompts
 * @property {Announcer} announcer
 * @property {() => void} clearFilm Closes the video.
 */

/**
 * @param {Store} store
 * @param {SessionFlows} flows
 */
export function connectSessions(store, { live, prompts, announcer, clearFilm }) {
  connectWatch(store, prompts, announcer);
  connectSummaries(store, { leave: live.leave, clearFilm });
  store.add(createSessionClock(store, prompts));
  window.addEventListener("beforeunload", (event) => {
    const { live: watched, upload } = store.get();
    if (isUnsaved(watched.session) || isUnsaved(upload.session)) event.preventDefault();
  });
}

/**
 * @param {Store} store
 * @param {PromptFlow} prompts
 * @param {Announcer} announcer
 */
function connectWatch(store, prompts, announcer) {
  const session = () => store.get().live.session;
  store.add(createStatusStrip(byId("status-strip")));
  const drawTrend = createTrend(byId("trend"));
  store.add(({ live }) => drawTrend(live.step === "watch" ? live.session : null));
  const elements = {
    button: byId("mark"),
    dialog: byId("mark-dialog", HTMLDialogElement),
    list: byId("markers"),
  };
  store.add(
    createMarkers(elements, {
      mark(text, time) {
        const hasRoom = session()?.mark(text, time) ?? false;
        store.drawSoon();
        return hasRoom;
      },
    }),
  );
  const drawJudgement = createJudgement(byId("judgement"), (opinion, observer) => {
    session()?.judge(opinion, observer);
    store.drawSoon();
  });
  store.add(({ live }) => drawJudgement(live.session));
  store.add(
    createPrompt(byId("prompt"), { onLooked: prompts.answer, focusAfter: () => byId("mark") }),
  );
  store.add(
    createNightScreen(byId("night-screen", HTMLDialogElement), byId("night"), {
      setNight(isNight) {
        announcer.setQuiet(isNight);
        if (store.get().live.isNight !== isNight) store.updatePart("live", { isNight });
      },
      onLooked: prompts.answer,
    }),
  );
}

/**
 * @param {Store} store
 * @param {{ leave: () => void, clearFilm: () => void }} actions
 */
function connectSummaries(store, { leave, clearFilm }) {
  /** @param {(state: State) => import("../session/session.js").Session | null} sessionOf */
  const actions = (sessionOf) => ({
    /** @type {import("../session/session.js").Session["judge"]} */
    judge(opinion, observer) {
      sessionOf(store.get())?.judge(opinion, observer);
      store.drawSoon();
    },
    changed: store.drawSoon,
  });
  /** @param {State} state */
  const liveSession = ({ live }) => (live.step === "summary" ? live.session : null);
  /** @param {State} state */
  const filmSession = ({ upload }) => (upload.progress?.isFinished ? upload.session : null);
  const drawLive = createSummary(byId("summary"), { ...actions(liveSession), leave });
  const drawFilm = createSummary(byId("film-summary"), {
    ...actions(filmSession),
    leave: clearFilm,
  });
  const filmTrend = byId("film-trend");
  const drawFilmTrend = createTrend(filmTrend);
  store.add((state) => {
    drawLive(liveSession(state));
    const session = filmSession(state);
    byId("film-summary").hidden = !session;
    drawFilm(session);
    filmTrend.hidden = !state.upload.session || session !== null;
    drawFilmTrend(filmTrend.hidden ? null : state.upload.session);
  });
}

/**
 * Return a function that lets time go on while somebody is watched, also without answers, and keeps
 * the screen awake.
 *
 * @param {Store} store
 * @param {PromptFlow} prompts
 * @returns {(state: State) => void}
 */
function createSessionClock(store, prompts) {
  const keepAwake = createWakeLock();
  /** @type {(() => void) | null} */
  let end = null;
  return ({ live: { step } }) => {
    const isWatching = step === "watch";
    keepAwake(isWatching);
    if (isWatching === (end !== null)) return;
    end?.();
    end = null;
    prompts.reset();
    if (!isWatching) return;
    end = startTicker(TICK, () => {
      prompts.tick();
      store.drawSoon();
    });
  };
}
