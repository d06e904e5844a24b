// The live tab: choose a way, aim, then check or watch. It changes the state; it draws nothing.

/** @import { Engine, Watch, WatchAnswer } from "../engine/engine.js" */
/** @import { CameraChoice } from "../media/camera.js" */
/** @import { Problem } from "../errors.js" */
/** @import { Live, State, Store } from "../state.js" */
/** @import { Announcer } from "../speech/announcer.js" */
/** @import { TrackStatement } from "../types.js" */

import { createFrameRate } from "../media/frame_rate.js";
import { createFrameSource } from "../media/frame_source.js";
import { startTicker } from "../media/ticker.js";
import { createSession } from "../session/session.js";
import { trackSettings } from "../state.js";
import { t } from "../texts.js";
import { SAMPLE_SECONDS, createSample } from "./check.js";
import { CAMERA_LOST, createLiveCamera } from "./live_camera.js";
import { ticksOf } from "./ticks.js";

/** @type {Problem} */
const PAGE_HIDDEN = { code: "page-hidden", values: {}, detail: "" };
const FRAMES_PER_SECOND = 15; // more tell nothing more of a face, and cost power

/** @typedef {ReturnType<typeof createLiveFlow>} LiveFlow */

/**
 * Return the actions of the live tab.
 *
 * @param {object} options
 * @param {Engine} options.engine
 * @param {Store} options.store
 * @param {HTMLVideoElement} options.video Shows the camera.
 * @param {Announcer} options.announcer
 * @param {(answer: WatchAnswer, time: number) => void} options.onWatched Called with each answer of a
 *   session, and its time in milliseconds.
 */
export function createLiveFlow({ engine, store, video, announcer, onWatched }) {
  const source = createFrameSource(video);
  const frameRate = createFrameRate();
  const camera = createLiveCamera(video, store, (isLost) =>
    setTrouble(isLost ? CAMERA_LOST : null),
  );
  /** @type {Watch | null} */
  let watch = null;
  /** @type {(() => void) | null} */
  let endTicker = null;
  /** @type {{ sample: ReturnType<typeof createSample>, started: number } | null} */
  let check = null;
  /** @type {TrackStatement | null} */
  let heldBefore = null; // what has held while aiming; the session begins with announcing it

  /** @param {Partial<Live>} change */
  function update(change) {
    store.updatePart("live", change);
  }

  /** @param {Problem | null} trouble */
  function setTrouble(trouble) {
    if (store.get().live.trouble === trouble) return;
    if (trouble === null && store.get().live.camera.status === "lost") return;
    update(trouble ? { trouble, answer: null, ticks: null, rate: null } : { trouble });
    if (!trouble) return;
    heldBefore = null; // the track begins again
    frameRate.reset();
    announcer.stop();
  }

  function openWatch() {
    watch?.close();
    heldBefore = null;
    const { settings, neutral, map } = store.get();
    watch = engine.watch(source, {
      settings: trackSettings(settings),
      neutral,
      withMap: map.isOn,
      onAnswer,
      onConnection: setTrouble,
      onPause,
    });
  }

  /** @param {boolean} isPaused */
  function onPause(isPaused) {
    const { session, camera: state } = store.get().live;
    if (isPaused) session?.pause();
    else session?.resume();
    if (isPaused)
      setTrouble(PAGE_HIDDEN); // until the next answer
    else if (state.status === "lost") setTrouble(CAMERA_LOST);
  }

  /** @param {WatchAnswer} answer */
  function onAnswer(answer) {
    const { live } = store.get();
    if (live.camera.status !== "on") return; // the frame is from before it was lost
    frameRate.tick(answer.latency);
    const isFinding = !answer.assessment && !answer.isAbsent; // a whole frame, or a busy server
    // The ticks stay while a face that moves is lost for a moment.
    const isUnknown = isFinding || (answer.isAbsent && !isNotInView(answer));
    const ticks = isUnknown ? live.ticks : ticksOf(answer.assessment);
    update({
      answer: isFinding ? withOld(answer, live) : answer,
      ticks,
      rate: frameRate.measure(),
    });
    if (live.step === "check") addToSample(answer);
    const statement = answer.track?.statement;
    if (live.step !== "watch") {
      if (statement?.announced) heldBefore = statement;
      return;
    }
    onWatched(answer, Date.now());
    if (statement && statement.level !== null && (statement.announced || isHeld(statement))) {
      heldBefore = null;
      announcer.announce(statement);
    }
  }

  /** @param {TrackStatement} statement */
  function isHeld({ level, between }) {
    return heldBefore?.level === level && String(heldBefore.between) === String(between);
  }

  /** @param {WatchAnswer} answer */
  function addToSample(answer) {
    if (!check) return;
    check.sample.add(answer);
    const seconds = (performance.now() - check.started) / 1000;
    if (!check.sample.isComplete(seconds)) {
      const share = Math.min(1, seconds / SAMPLE_SECONDS);
      return update({ check: { share, frame: null, url: null, problem: null } });
    }
    endSample(check.sample, answer);
  }

  /**
   * Show the result of a sample.
   *
   * @param {ReturnType<typeof createSample>} sample
   * @param {WatchAnswer} last Its image is shown if there is no result.
   */
  async function endSample(sample, last) {
    stopWatch();
    const result = sample.result();
    const [frame, problem] = "code" in result ? [null, result] : [result, null];
    const { toJpeg } = (frame ?? last).picture;
    const jpeg = await toJpeg();
    if (check?.sample !== sample) return; // the check was left
    check = null;
    stopCamera();
    const url = jpeg && URL.createObjectURL(jpeg);
    update({ step: "checked", check: { share: 1, frame, url, problem } });
    if (problem) announcer.announceProblem(problem);
    else if (frame) announcer.announce(frame.assessment);
  }

  /** @param {CameraChoice} [choice] */
  async function startCamera(choice) {
    stopWatch();
    if (!(await camera.on(choice))) return;
    openWatch();
    endTicker ??= startTicker(1000 / FRAMES_PER_SECOND, () => watch?.step());
  }

  function stopWatch() {
    watch?.close();
    watch = null;
    endTicker?.();
    endTicker = null;
    frameRate.reset();
  }

  function stopCamera() {
    stopWatch();
    camera.off();
    update({ trouble: null, answer: null, ticks: null, rate: null });
  }

  /** Forget the sample, and the image of its result. */
  function dropCheck() {
    const url = store.get().live.check?.url;
    if (url) URL.revokeObjectURL(url);
    check = null;
  }

  /** @param {Live["mode"]} mode */
  function aim(mode) {
    dropCheck();
    update({ mode, step: "aim", check: null, session: null, prompt: null });
    announcer.stop();
    return startCamera();
  }

  function leave() {
    dropCheck();
    stopCamera();
    announcer.stop();
    update({ step: "choose", check: null, session: null, prompt: null, isNight: false });
  }

  return {
    /** Switch the camera on, to check or to watch. */
    aim,
    /** Return to the choice of the way. What was not saved is gone. */
    leave,
    /** Take the sample, or begin the session. */
    begin() {
      if (store.get().live.mode === "check") {
        check = { sample: createSample(), started: performance.now() };
        update({ step: "check", check: { share: 0, frame: null, url: null, problem: null } });
        return;
      }
      update({ step: "watch", session: createSession(sessionFacts(store.get())) });
    },
    /** End the session; its summary remains. */
    finish() {
      const { session } = store.get().live;
      session?.end(Date.now());
      stopCamera();
      announcer.stop();
      update({ step: "summary", isNight: false, prompt: null });
    },
    /**
     * Follow another person who is in view.
     *
     * @param {number} person
     */
    choose(person) {
      const { session, answer } = store.get().live;
      const isOther = answer !== null && answer.person !== null && answer.person !== person;
      if (isOther) session?.mark(t("markers.other-face"));
      heldBefore = null;
      watch?.choose(person);
    },
    /**
     * Change the camera.
     *
     * @param {CameraChoice} choice
     */
    changeCamera: startCamera,
    /** Use changed settings of the track, the neutral face or the map. */
    settingsChanged() {
      if (watch) openWatch();
    },
    neutralChanged: () => watch?.setNeutralFace(store.get().neutral),
    mapChanged: () => watch?.setMap(store.get().map.isOn),
  };
}

/** @param {WatchAnswer} answer */
function isNotInView({ track }) {
  return !track || track.statement.kind === "not-in-view";
}

/**
 * Return an answer about a frame that was not judged with what is known from the last one.
 *
 * @param {WatchAnswer} answer
 * @param {Live} live
 */
function withOld(answer, live) {
  const old = live.answer;
  const isSame = old !== null && old.person === answer.person;
  return isSame ? { ...answer, assessment: old.assessment, isAbsent: old.isAbsent } : answer;
}

/**
 * @param {State} state
 * @returns {import("../session/session.js").SessionFacts}
 */
function sessionFacts({ info, settings, live }) {
  if (!info) throw new Error("The engine is not open.");
  const { devices, deviceId } = live.camera;
  return {
    label: live.label,
    activity: live.activity,
    source: devices.find(({ id }) => id === deviceId)?.label ?? "",
    isRecording: false,
    start: Date.now(),
    scale: info.scale,
    model: info.model,
    settings: trackSettings(settings),
  };
}
