// Replaces app.js in tests of the parts of a session: they are connected as there, and a test decides
// what was answered and when.

import { byId } from "/static/dom.js";
import { createPromptFlow } from "/static/flows/prompt.js";
import { connectSessions } from "/static/parts/session_parts.js";
import { createLiveSteps } from "/static/parts/live_steps.js";
import { createLiveView } from "/static/parts/live_view.js";
import { createResult } from "/static/parts/result.js";
import { createSession } from "/static/session/session.js";
import { createStore, initialState } from "/static/state.js";
import { applyTexts, fetchCatalogue, setCatalogue } from "/static/texts.js";

const SCORES = { none: 0.2, mild: 3, moderate: 8, severe: 13 };
const STEP = 200; // milliseconds between frames
const PROBABILITIES = { none: 0.05, mild: 0.3, moderate: 0.4, severe: 0.25 };

const language = new URLSearchParams(location.search).get("language") ?? "en";
setCatalogue(await fetchCatalogue(language));
applyTexts(document);
const store = createStore(initialState(language));
const scale = await (await fetch("/v1/scale")).json();
store.update({ info: { scale, model: {}, host: null } });
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
store.add(createLiveView(scale, () => {}));
const drawResult = createResult(byId("live-result"), scale, {
  sayAgain() {},
  setMap() {},
  neutral: {},
});
store.add(({ live: { answer, trouble }, map, neutral, neutralTask }) => {
  const { assessment = null, track = null } = answer ?? {};
  const view = { assessment, track, problem: trouble, hasFrames: true };
  drawResult({ ...view, map, neutral, neutralTask });
});
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
    score: isLevel ? pspi : null,
    interval: isLevel ? [Math.max(0, pspi - 2), Math.min(16, pspi + 2)] : null,
    confidence: isLevel ? 0.8 : null,
    level_probabilities: isLevel ? PROBABILITIES : null,
    reasons,
    age: isFace ? 0 : age + 1,
    announced: isLevel && age === 0,
    sentence: "",
    advice: "",
  };
  const left = 10 + 80 * (1 + Math.sin(age)); // the face moves
  const box = [left, 10, left + 190, 200];
  const face = { box, yaw: 0, pitch: 0, roll: 0 };
  return {
    assessment:
      state === "not-in-view" || state === "busy"
        ? null
        : {
            ...(level ?? { level: isFace ? "mild" : null, between: null }),
            score: isFace ? pspi : null,
            confidence: isFace ? 0.8 : null,
            level_probabilities: isFace ? PROBABILITIES : null,
            raw_score: isFace ? pspi : null,
            interval: isFace ? [pspi, pspi] : null,
            action_units: null,
            face,
            quality: { reasons, usable: isFace, warnings: [], warning_codes: cautions(age) },
          },
    isAbsent: state === "not-in-view",
    problem: state === "busy" ? { code: "busy", values: {}, detail: "Busy." } : null,
    track: { statement, score: isFace ? { score: pspi } : null, eyes: null },
    person: 1,
    persons: state === "not-in-view" ? [] : [{ number: 1, box }],
    size: { width: 640, height: 480 },
    latency: 30,
  };
}

/** Return the warnings of a face, which come and go. */
function cautions(age) {
  return ["small", "dark", "turned"].slice(0, Math.floor(age) % 4);
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
  /**
   * Answer a frame for each second, one after each picture that the browser draws.
   *
   * @param {string[]} states One for each second.
   */
  async watchQuickly(states) {
    let [last, age] = ["", 0];
    for (const [second, state] of states.entries()) {
      age = state === last ? age + 1 : 0;
      last = state;
      const rate = { rate: 1 + ((7 * second) % 15), latency: 5 + 37 * (second % 9) };
      store.updatePart("live", { rate: second % 5 === 0 ? null : rate });
      this.answer(state, store.get().live.session.lastTime() + 1000, age);
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    }
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
