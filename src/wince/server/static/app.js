// The page: creates the engine, the texts, the state, the flows and the parts, and connects them.

/** @import { Engine, EngineInfo } from "./engine/engine.js" */
/** @import { Settings, State, Store } from "./state.js" */
/** @import { ResultActions, ResultView } from "./parts/result.js" */
/** @import { Language } from "./types.js" */

import { byId } from "./dom.js";
import { problemOf } from "./errors.js";
import { createLanguageFlow, LANGUAGE_FAILED } from "./flows/language.js";
import { createLiveFlow } from "./flows/live.js";
import { createNeutralFlow } from "./flows/neutral.js";
import { createPromptFlow } from "./flows/prompt.js";
import { createUploadFlow } from "./flows/upload.js";
import { createVideoFlow } from "./flows/video.js";
import { useScale } from "./levels.js";
import { createTones } from "./media/tones.js";
import { createAbout } from "./parts/about.js";
import { createAim } from "./parts/aim.js";
import { createCameraControls } from "./parts/camera_controls.js";
import { createHint } from "./parts/hint.js";
import { createLanguageChoice } from "./parts/language.js";
import { createLiveSteps } from "./parts/live_steps.js";
import { createLiveView } from "./parts/live_view.js";
import { createResult } from "./parts/result.js";
import { connectSessions } from "./parts/session_parts.js";
import { createSettings } from "./parts/settings.js";
import { createTabs } from "./parts/tabs.js";
import { askForToken } from "./parts/token_dialog.js";
import { createUpload } from "./parts/upload.js";
import { createVoice } from "./speech/voice.js";
import { createStore, initialState } from "./state.js";
import {
  applyTexts,
  fetchCatalogue,
  firstLanguage,
  setCatalogue,
  t,
  useDeviceTexts,
} from "./texts.js";

/** Settings that the voice follows, and those that a running track follows. */
const VOICE_SETTINGS = ["muted", "voice", "speed"];
const TRACK_SETTINGS = ["smoothing", "hold", "margin"];
/** Seconds after which a statement is not shown if no frame was assessed since. */
const OUTDATED = 1;

/** Shown until the networks are there: the first visit loads many megabytes. */
const LOADING = { code: "offline.loading", values: {}, detail: "", isWarning: false };

/** Whether the document asks for the engine on the device. */
const isOnDevice = document.querySelector("meta[name=wince-engine][content=device]") !== null;

async function start() {
  const asked = new URLSearchParams(location.search).get("language");
  const code = firstLanguage(asked, navigator.languages);
  const loaded = await loadTexts(code);
  applyTexts(document);
  const store = createStore(initialState(loaded));
  store.add(createHint(byId("voice-hint")));
  if (isOnDevice) store.update({ hint: LOADING });
  /** @type {Engine} */
  let engine;
  try {
    engine = await createEngine();
    const info = await engine.open();
    store.update({ info, hint: loaded === code ? null : LANGUAGE_FAILED });
  } catch (error) {
    store.update({ hint: { ...problemOf(error), isWarning: true } });
    throw error;
  }
  build(store, engine);
  if (isOnDevice) store.add((await import("./parts/offline.js")).createOffline());
  applyTexts(document); // of the parts
  document.documentElement.dataset.ready = "true";
}

/**
 * Load the texts of a language, or else the English ones. Return the language.
 *
 * @param {string} code
 * @returns {Promise<string>}
 */
async function loadTexts(code) {
  if (isOnDevice) useDeviceTexts();
  try {
    setCatalogue(await fetchCatalogue(code));
    return code;
  } catch (error) {
    if (code === "en") throw error;
    return loadTexts("en");
  }
}

/**
 * Return the engine that the document asks for: the one on the device, or else the server.
 *
 * @returns {Promise<Engine>}
 */
async function createEngine() {
  if (!isOnDevice) {
    return (await import("./engine/server.js")).createServerEngine(askForToken);
  }
  const { createDeviceEngine } = await import("./engine/device.js");
  return createDeviceEngine();
}

/**
 * Create the flows and the parts.
 *
 * @param {Store} store
 * @param {Engine} engine
 */
function build(store, engine) {
  const info = /** @type {EngineInfo} */ (store.get().info);
  const { scale } = info;
  useScale(scale);
  const voice = createVoice(engine, store, () => settings.refreshVoices());
  const { announcer } = voice;
  const neutral = createNeutralFlow({
    store,
    engine,
    current: () => assessmentInView(store.get()),
  });
  const film = byId("film", HTMLVideoElement);
  const video = createVideoFlow({ store, engine, video: film, neutral, announcer });
  const upload = createUploadFlow({ store, engine, announcer, neutral, video });
  const live = createLiveFlow({
    engine,
    store,
    video: byId("video", HTMLVideoElement),
    announcer,
    onWatched(answer, time) {
      neutral.addFrame(answer.assessment);
      store.get().live.session?.add(answer, time);
      prompts.add(answer, time);
    },
  });
  const prompts = createPromptFlow(store, createTones());
  neutral.onChange(live.neutralChanged);

  const settings = createSettings(scale, {
    getVoices: voice.getVoices,
    /** @param {Partial<Settings>} change */
    set(change) {
      store.updatePart("settings", change);
      const names = Object.keys(change);
      if (names.some((name) => VOICE_SETTINGS.includes(name))) voice.configure();
      if (names.some((name) => TRACK_SETTINGS.includes(name))) {
        live.settingsChanged();
        store.get().live.session?.changeSettings(store.get().settings);
      }
    },
  });
  const chooseLanguage = createLanguageFlow(store, () => {
    announcer.stop();
    showPrivacy(info.host);
    voice.configure();
    settings.refreshVoices();
  });
  const languages = byId("language", HTMLSelectElement);
  store.add(createLanguageChoice(languages, scale.languages, chooseLanguage));
  store.add(settings.draw);
  store.add(createAbout(info.model, scale, engine.getModelCard));

  store.add(
    createTabs(byId("tabs"), (tab) => {
      if (tab === store.get().tab) return;
      announcer.stop();
      // A session goes on while the other tab is in view; the camera of a check does not.
      if (["aim", "check"].includes(store.get().live.step)) live.leave();
      store.update({ tab });
    }),
  );
  store.add(createUpload(scale, store, { ...upload, cancel: video.cancel }));
  const connectResult = resultConnector(store, {
    setMap(change) {
      store.updatePart("map", change);
      video.setMap(store.get().map.isOn);
      live.mapChanged();
    },
    neutral,
    sayAgain() {
      const statement = statementInView(store.get());
      if (statement) announcer.sayAgain(statement);
    },
  });
  connectResult("upload-result", "upload", uploadView);
  connectResult("live-result", "live", liveView);
  connectLive(store, live, scale);
  connectSessions(store, { live, prompts, announcer, clearFilm: upload.clear });
  showPrivacy(info.host);
  voice.configure();
}

/**
 * @param {Store} store
 * @param {ReturnType<typeof createLiveFlow>} live
 * @param {EngineInfo["scale"]} scale
 */
function connectLive(store, live, scale) {
  byId("check-now").addEventListener("click", () => live.aim("check"));
  byId("watch-over-time").addEventListener("click", () => live.aim("watch"));
  byId("check-again").addEventListener("click", () => live.aim("check"));
  byId("finish").addEventListener("click", live.finish);
  store.add(createLiveSteps());
  store.add(createLiveView(scale, live.choose));
  store.add(
    createCameraControls({
      ...live,
      setWhole: (isWhole) => store.updatePart("live", { isWhole }),
    }),
  );
  store.add(
    createAim({
      begin: live.begin,
      setPerson: (change) => store.updatePart("live", change),
    }),
  );
}

/**
 * Return a function that adds a result to the page, which is drawn while its tab is in view.
 *
 * @param {Store} store
 * @param {ResultActions} actions
 */
function resultConnector(store, actions) {
  /**
   * @param {string} id
   * @param {State["tab"]} tab
   * @param {(state: State) => Omit<ResultView, "map" | "neutral" | "neutralTask">} viewOf
   */
  return (id, tab, viewOf) => {
    const { scale } = /** @type {EngineInfo} */ (store.get().info);
    const draw = createResult(byId(id), scale, actions);
    store.add((state) => {
      const { map, neutral, neutralTask } = state;
      if (state.tab === tab) draw({ ...viewOf(state), map, neutral, neutralTask });
    });
  };
}

/** @param {State} state */
function uploadView({ upload: { kind, assessment, answer, problem, progress } }) {
  const isRunning = Boolean(progress && !progress.isFinished);
  const isFollowing = kind === "video" && !progress?.isChoosing;
  const track = isFollowing ? (answer?.track ?? null) : null;
  return { assessment, track, problem, hasFrames: isRunning };
}

/** @param {State} state */
function liveView({ live: { step, answer, check, trouble } }) {
  const waiting = "result.waiting-live";
  if (step === "checked") {
    const { frame = null, problem = null } = check ?? {};
    return { assessment: frame?.assessment ?? null, problem, hasFrames: false, waiting };
  }
  const { assessment = null, track = null } = answer ?? {};
  // What was stated holds for a moment while the server is busy.
  const isOutdated = (track?.statement.age ?? Infinity) > OUTDATED;
  const problem = trouble ?? (isOutdated ? (answer?.problem ?? null) : null);
  return { assessment, track, problem, hasFrames: step === "watch", waiting };
}

/** @param {State} state */
function assessmentInView(state) {
  return (state.tab === "upload" ? uploadView(state) : liveView(state)).assessment;
}

/** @param {State} state */
function statementInView(state) {
  const { assessment, track = null } = state.tab === "upload" ? uploadView(state) : liveView(state);
  return track?.statement ?? assessment;
}

/**
 * Tell where images go.
 *
 * @param {string | null} host
 */
function showPrivacy(host) {
  const text = host ? t("privacy.host", { host }) : t("privacy.here");
  for (const element of document.querySelectorAll(".privacy")) element.textContent = text;
}

start();
