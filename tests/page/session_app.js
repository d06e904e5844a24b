// Replaces app.js in tests of the parts of a session: they are connected as there, and a test decides
// what was answered and when.

import { byId } from "/static/dom.js";
import { createPromptFlow } from "/static/flows/prompt.js";
import { connectSessions } from "/static/parts/session_parts.js";
import { createLiveSteps } from "/static/parts/live_steps.js";
import { createSession } from "/static/session/session.js";
import { createStore, initialState } from "/static/state.js";
import { applyTexts, fetchCatalogue, setCatalogue } from "/static/texts.js";

const SCORES = { none: 0.2, mild: 3, moderate: 8, severe: 13 };
const STEP = 200; // milliseconds between frames

const language = new URLSearchParams(location.search).get("language") ?? "en";
setCatalogue(await fetchCatalogue(language));
applyTexts(document);
const store = createStore(initialState(language));
const scale = await (await fetch("/v1/scale")).json();
const tones = [];
const quiet = [];
let left = 0;
const prompts = createPromptFlow(store, (name) => tones.push(name));
const live = {
  leave() {
    left += 1;
    store.updatePart("live", { step: "choose", session: null });
  },
};
store.add(createLiveSteps());
connectSessions(store, {
  live,
  prompts,
  announcer: { setQuiet: (isOn) => quiet.push(isOn) },
  clearFilm: () => store.updatePart("upload", { session: null, progress: null }),
});
applyTexts(document);
byId("tab-live").setAttribute("aria-selected", "true");
byId("tab-upload").setAttribute("aria-selected", "false");
byId("panel-upload").hidden = true;
byId("panel-live").hidden = false;

/**
 * Return an answer.
 *
 * @param {string} state A level, two levels ("mild/moderate"), "changing", "not-in-view", a reason, or
 *   "busy".
 * @param {number} age Seconds in this state.
 */
function answerOf(state, age) {
  const [lower, upper] = state.split("/");
  const isLevel = lower in SCORES;
  const isFace = isLevel || state === "changing";
  const wave = 0.8 * Math.sin(age) + 0.4 * Math.sin(7 * age);
  const pspi = Math.min(
    16,
    Math.max(0, (SCORES[upper ?? lower] ?? 6) + (lower === "none" ? 0 : wave)),
  );
  const level = isLevel ? { level: upper ?? lower, between: upper ? [lower, upper] : null } : null;
  const kind = isLevel
    ? upper
      ? "between"
      : "level"
    : ["changing", "not-in-view"].includes(state)
      ? state
      : "cannot-tell";
  const reasons = kind === "cannot-tell" ? { [state]: "" } : {};
  const statement = {
    ...(level ?? { level: null, between: null }),
    kind,
    pspi: isLevel ? pspi : null,
    interval: isLevel ? [Math.max(0, pspi - 2), Math.min(16, pspi + 2)] : null,
    confidence: isLevel ? 0.8 : null,
    reasons,
    age: isFace ? 0 : age + 1,
    announced: isLevel && age === 0,
    sentence: "",
    advice: "",
  };
  const box = [10, 10, 200, 200];
  const face = { box, yaw: 0, pitch: 0, roll: 0 };
  return {
    assessment:
      state === "not-in-view" || state === "busy"
        ? null
        : {
            ...(level ?? { level: isFace ? "mild" : null, between: null }),
            pspi: isFace ? pspi : null,
            confidence: isFace ? 0.8 : null,
            action_units: null,
            face,
            quality: { reasons, usable: isFace, warnings: [] },
          },
    isAbsent: state === "not-in-view",
    problem: state === "busy" ? { code: "busy", values: {}, detail: "Busy." } : null,
    track: { statement, score: isFace ? { pspi } : null, eyes: null },
    person: 1,
    persons: [{ number: 1, box }],
    size: { width: 640, height: 480 },
    latency: 30,
  };
}

window.harness = {
  store,
  tones,
  quiet,
  left: () => left,
  session: () => store.get().live.session,
  /**
   * Begin a session, and let things happen: they end now.
   *
   * @param {[string, number][]} parts State and seconds of each part; "lost" for no answers.
   */
  watch(parts, facts = {}, now = Date.now()) {
    const length = 1000 * parts.reduce((sum, [, seconds]) => sum + seconds, 0);
    const session = createSession({
      label: "bed 4",
      activity: "rest",
      source: "Camera 1",
      isRecording: false,
      start: now - length,
      scale,
      model: { name: "wince-starter", version: "0.6.1" },
      settings: { smoothing: 0.05, hold: 1, margin: 1.2 },
      ...facts,
    });
    store.updatePart("live", { step: "watch", session, answer: null, trouble: null });
    let time = session.start;
    for (const [state, seconds] of parts) {
      const end = time + 1000 * seconds;
      if (state === "lost") time = end;
      const step = Math.min(1900, Math.max(STEP, seconds / 4));
      for (let at = time; at < end; at += step) this.answer(state, at, (at - time) / 1000);
      time = end;
    }
    store.drawSoon();
  },
  /** Answer one frame. */
  answer(state, time = Date.now(), age = 0) {
    const answer = answerOf(state, age);
    store.updatePart("live", { answer });
    const { session } = store.get().live;
    session?.add(answer, time);
    prompts.add(answer, time);
  },
  tick: (time) => prompts.tick(time),
  finish(time) {
    store.get().live.session.end(time);
    store.updatePart("live", { step: "summary", isNight: false, prompt: null });
  },
  /** Begin a prompt now, by settings and answers. */
  setLive: (change) => store.updatePart("live", change),
  setSettings: (change) => store.updatePart("settings", change),
};
document.documentElement.dataset.ready = "true";
