// The live tab: camera frames go to the server; the face box and level are drawn over the video.

/** @import { Assessment, LiveAnswer, Scale, StatedLevel, Track } from "../types.js" */
/** @import { Frame, LiveSocket } from "../engine/live_connection.js" */

import { createFrameGrabber, listCameras, onEachFrame, openCamera } from "../media/camera.js";
import { byId } from "../dom.js";
import { createFrameRate } from "../media/frame_rate.js";
import { createMapControls } from "../parts/map_controls.js";
import { createNeutralControls } from "../parts/neutral.js";
import { drawOverlay, setAspectRatio } from "../parts/overlay.js";
import { createPersonButtons } from "../parts/persons.js";
import { createQuietMode } from "../parts/night_screen.js";
import { createRetry } from "../retry.js";
import { createSessionPanel } from "../parts/session_panel.js";
import { openSocket } from "../engine/live_connection.js";

const CARD_INTERVAL = 200; // milliseconds between changes of the numbers, so that they can be read
const OUTDATED = 1; // seconds after which a statement is not shown if no new frame was assessed
const CAMERA_LOST = {
  title: "The camera is lost",
  message: "The camera is no longer connected. wince tries again by itself until it is back.",
};
const SERVER_LOST = {
  title: "The connection is lost",
  message:
    "The connection to wince has ended. Is it still running, or are several live views open? " +
    "wince tries again by itself until the connection is back.",
};

/**
 * Connect the live tab.
 *
 * @param {object} options
 * @param {Scale} options.scale
 * @param {import("../speech/wording.js").Languages} options.languages
 * @param {import("../parts/neutral.js").NeutralFaceState} options.neutral
 * @param {import("../parts/result_card.js").ResultCard} options.result
 * @param {(statement: StatedLevel) => void} options.onLevel Called when a level is announced.
 * @param {() => void} options.onProblem Called when no new answers come.
 * @param {(on: boolean) => void} options.onQuietMode Called when the quiet mode begins and ends.
 */
export function createLive({ scale, languages, neutral, result, onLevel, onProblem, onQuietMode }) {
  const video = byId("video", HTMLVideoElement);
  const canvas = byId("live-overlay", HTMLCanvasElement);
  const cameraSelect = byId("camera", HTMLSelectElement);
  const mirror = byId("mirror", HTMLInputElement);
  const startButton = byId("start", HTMLButtonElement);
  const trackForm = byId("track-settings", HTMLFormElement);
  const grabFrame = createFrameGrabber(video);
  const frameRate = createFrameRate();
  const sessionPanel = createSessionPanel(byId("session-panel"), scale);
  const quietMode = createQuietMode(byId("bedside", HTMLDialogElement), byId("quiet-mode"), {
    scale,
    languages,
    onChange: onQuietMode,
  });
  const cameraRetry = createRetry();
  const serverRetry = createRetry();
  let runs = 0; // counts starts and stops, so that a late result is recognised
  /** @type {MediaStream | null} */
  let stream = null;
  /** @type {LiveSocket | null} */
  let socket = null;
  let endFrames = () => {};
  let cardShownAt = 0;
  /** @type {string | null} */
  let shownKind = null; // of the statement in the card
  let grabbing = false;
  /** @type {typeof CAMERA_LOST | null} */
  let trouble = null;
  let mapRequested = false; // whether the open socket sends the map

  const mapControls = createMapControls(byId("live-map"), scale, {
    onChange() {
      result.markUnit(mapControls.selectedUnit());
      if (socket && mapControls.isOn() !== mapRequested) connect();
    },
  });
  result.onChooseUnit(mapControls.toggle);
  const neutralControls = createNeutralControls(byId("live-neutral"), neutral, scale, {
    live: true,
  });
  neutral.onChange((face) => socket?.setNeutral(face));
  const personButtons = createPersonButtons(byId("live-persons"), (number) => {
    socket?.followPerson(number);
    sessionPanel.clear(); // the sums and the chart are those of one person
  });

  /**
   * @param {LiveAnswer} answer
   * @param {Frame} frame
   */
  function onAnswer(answer, frame) {
    if (trouble === CAMERA_LOST) return; // the frame is from before it was lost
    trouble = null;
    serverRetry.reset();
    const { assessment = null, problem, track = null } = answer;
    if (answer.persons) personButtons.show(answer.person ?? null, answer.persons);
    // Only frames that were assessed are told: a busy server is no absence.
    const assessed = assessment !== null || problem?.type.endsWith("/no-face");
    if (track && assessed) sessionPanel.add(assessment, track);
    quietMode.show(track, isOutdated(answer) ? (problem?.detail ?? null) : null);
    neutralControls.addFrame(assessment);
    // The box is at the frame's own place, with what the card states.
    drawOverlay(
      canvas,
      scale,
      assessment && {
        box: assessment.face.box,
        statement: track?.statement ?? assessment,
        size: frame,
        mirrored: mirror.checked,
        map: mapControls.mapOf(assessment),
      },
    );
    const now = performance.now();
    frameRate.tick(now - frame.captured);
    // What is announced, and a statement that is no longer true, are shown at once.
    const kind = track?.statement.kind ?? null;
    if (now - cardShownAt >= CARD_INTERVAL || kind !== shownKind || track?.statement.announced) {
      cardShownAt = now;
      shownKind = kind;
      showCard(answer);
    }
    if (track?.statement.announced) onLevel(/** @type {StatedLevel} */ (track.statement));
  }

  /** @param {LiveAnswer} answer */
  function showCard(answer) {
    const { assessment = null, problem, track = null } = answer;
    byId("rate").textContent = frameRate.text();
    mapControls.update(assessment);
    if (problem && (!track || isOutdated(answer))) result.showProblem(problem.detail);
    else if (track) showStatement(track, assessment);
  }

  /**
   * Show what is stated. A level is kept in the card for a second without a face.
   *
   * @param {Track} track
   * @param {Assessment | null} assessment
   */
  function showStatement({ statement, score, change }, assessment) {
    if (statement.kind === "changing") result.showChanging();
    else if (statement.level === null) result.showState(statement);
    else if (assessment && score) {
      const { raw_score, action_units } = score;
      result.show(assessment, { ...statement, raw_score, action_units, change });
    }
  }

  async function sendFrame() {
    if (!socket?.isReady() || grabbing || !video.videoWidth) return;
    grabbing = true;
    const captured = performance.now();
    const openedSocket = socket;
    try {
      const { blob, width, height } = await grabFrame();
      if (openedSocket === socket && blob) openedSocket.send({ blob, width, height, captured });
    } finally {
      grabbing = false;
    }
  }

  /** @param {string} [deviceId] */
  async function start(deviceId) {
    stop();
    const run = runs;
    startButton.disabled = true;
    try {
      const opened = await openCamera(deviceId);
      if (run !== runs) {
        release(opened);
        return;
      }
      await showCamera(opened, run);
      if (run !== runs) return;
      connect();
      endFrames = onEachFrame(video, sendFrame);
    } catch (error) {
      if (run === runs) fail(error instanceof Error ? error.message : String(error));
    } finally {
      startButton.disabled = false;
    }
  }

  /**
   * @param {MediaStream} opened
   * @param {number} run
   */
  async function showCamera(opened, run) {
    stream = opened;
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (run === runs) onCameraLost(run);
    });
    video.srcObject = stream;
    show(true);
    await video.play();
    await listCameraOptions();
  }

  /**
   * Try to open the camera again until it is back or the user presses Stop.
   *
   * @param {number} run
   */
  function onCameraLost(run) {
    showTrouble(CAMERA_LOST);
    release(stream);
    const deviceId = cameraSelect.value;
    async function reopen() {
      const opened = await openCamera(deviceId)
        .catch(() => openCamera())
        .catch(() => null);
      if (run !== runs) release(opened);
      else if (!opened) cameraRetry.schedule(reopen);
      else {
        trouble = null;
        cameraRetry.reset();
        await showCamera(opened, run).catch(() => cameraRetry.schedule(reopen));
      }
    }
    cameraRetry.schedule(reopen);
  }

  function connect() {
    socket?.close();
    mapRequested = mapControls.isOn();
    const settings = [...new FormData(trackForm)].map(([name, value]) => [name, String(value)]);
    socket = openSocket({
      withMap: mapRequested,
      settings: Object.fromEntries(settings),
      neutral: neutral.get(),
      onAnswer,
      onLost: () => {
        showTrouble(SERVER_LOST);
        serverRetry.schedule(connect);
      },
    });
  }

  /** @param {typeof CAMERA_LOST} newTrouble */
  function showTrouble(newTrouble) {
    if (trouble === newTrouble) return; // shown once, however often it is tried again
    trouble = newTrouble;
    drawOverlay(canvas, scale, null);
    result.showProblem(trouble.message, trouble.title);
    quietMode.show(null, trouble.message);
    byId("rate").textContent = "";
    frameRate.reset();
    onProblem();
  }

  async function listCameraOptions() {
    const current = stream?.getVideoTracks()[0].getSettings().deviceId;
    const cameras = await listCameras();
    cameraSelect.replaceChildren(
      ...cameras.map(({ id, label }) => new Option(label, id, false, id === current)),
    );
    byId("camera-choice").hidden = cameras.length < 2;
  }

  function stop() {
    runs += 1;
    cameraRetry.cancel();
    serverRetry.cancel();
    trouble = null;
    quietMode.end();
    endFrames();
    socket?.close();
    socket = null;
    release(stream);
    stream = null;
    video.srcObject = null;
    frameRate.reset();
    drawOverlay(canvas, scale, null);
    mapControls.update(null);
    neutralControls.cancel();
    personButtons.show(null, []);
    byId("rate").textContent = "";
    show(false);
  }

  /** @param {string} message */
  function fail(message) {
    stop();
    result.showProblem(message, "The live view is off");
    onProblem();
  }

  /** @param {boolean} running */
  function show(running) {
    byId("live-empty").hidden = running;
    for (const id of ["live-image", "live-controls", "live-map", "track-options", "live-neutral"]) {
      byId(id).hidden = !running;
    }
    sessionPanel.show(running);
    byId("live-stage").classList.toggle("filled", running);
  }

  function updateMirror() {
    video.classList.toggle("mirrored", mirror.checked);
  }

  video.addEventListener("resize", () =>
    setAspectRatio(byId("live-image"), video.videoWidth, video.videoHeight),
  );
  startButton.addEventListener("click", async () => {
    await start();
    if (stream) byId("stop").focus();
  });
  byId("stop").addEventListener("click", () => {
    stop();
    onProblem();
    result.clear();
    startButton.focus();
  });
  cameraSelect.addEventListener("change", () => start(cameraSelect.value));
  trackForm.addEventListener("submit", (event) => event.preventDefault());
  trackForm.addEventListener("change", () => {
    if (socket && trackForm.reportValidity()) connect();
  });
  mirror.addEventListener("change", updateMirror);
  navigator.mediaDevices?.addEventListener?.("devicechange", () => {
    if (stream) listCameraOptions();
  });
  updateMirror();

  return {
    /** Switch the camera off, or cancel its start, when the user leaves the tab. */
    stop() {
      const running = stream !== null;
      stop();
      if (running) result.clear();
    },
  };
}

/**
 * Return whether an answer has a problem and the statement of its track is too old to be shown.
 *
 * @param {LiveAnswer} answer
 */
function isOutdated({ problem, track }) {
  if (!problem || problem.type.endsWith("/no-face")) return false;
  return (track?.statement.age ?? Infinity) > OUTDATED;
}

/** @param {MediaStream | null} stream */
function release(stream) {
  for (const mediaTrack of stream?.getTracks() ?? []) mediaTrack.stop();
}
