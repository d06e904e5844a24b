// The live tab: camera frames to the server and back, the face box and level over the video.

import { createNeutralControls } from "./neutral.js";
import { createGrabber, eachFrame, listCameras, openCamera } from "./camera.js";
import { drawOverlay, setRatio } from "./overlay.js";
import { createQuiet } from "./quiet.js";
import { createRate } from "./rate.js";
import { createRecovery } from "./recover.js";
import { openSocket } from "./socket.js";
import { createWatching } from "./watching.js";
import { createWhere } from "./where.js";

const CARD_EVERY = 200; // milliseconds between changes of the numbers, so that they can be read
const STANDING = [
  "pspi",
  "interval",
  "level",
  "level_probabilities",
  "confidence",
  "action_units",
  "raw_score",
  "sentence",
  "advice",
]; // what the card shows of the track in place of the single frame
const CAMERA_LOST = "The camera is gone. It is tried again by itself until it is back.";
const CAMERA_TITLE = "The camera is lost";
const SERVER_LOST =
  "The connection to wince has ended. Is it still running, or are several live views open? " +
  "It is tried again by itself until it is back.";
const byId = (id) => document.getElementById(id);

/**
 * Bring the live tab to life.
 * facts: from /v1/scale; languages: the words of a result; neutral: the page's neutral face; result: its card; onLevel(assessment): a level
 * has held and is worth saying; onProblem(sentence): nothing new comes; onQuiet(on): the quiet mode
 * has begun or ended.
 */
export function createLive({ facts, languages, neutral, result, onLevel, onProblem, onQuiet }) {
  const [video, overlay, cameras, mirror] = ["video", "live-overlay", "camera", "mirror"].map(byId);
  const grab = createGrabber(video);
  const rate = createRate();
  const watching = createWatching(byId("watching"), facts);
  const quiet = createQuiet(byId("bedside"), byId("quiet"), {
    languages,
    onChange: onQuiet,
  });
  const cameraAgain = createRecovery();
  const serverAgain = createRecovery();
  const settings = byId("tuning-settings");
  let session = 0; // counts starts and stops, so that what comes late is recognised
  let stream = null;
  let socket = null;
  let endFrames = () => {};
  let cardAt = 0;
  let grabbing = false;
  let trouble = null; // the title of what is wrong at present

  let mapAsked = false; // whether the socket in use brings the map
  const where = createWhere(byId("live-where"), facts, {
    onChange() {
      result.mark(where.unit());
      if (socket && where.wanted() !== mapAsked) connect();
    },
  });
  result.onChoose(where.toggle);
  const neutralControls = createNeutralControls(byId("live-neutral"), neutral, facts, { live: true });
  neutral.onChange((face) => socket?.compare(face));

  function answered(answer, frame) {
    if (trouble === CAMERA_TITLE) return; // of a frame from before it was lost
    trouble = null;
    serverAgain.worked();
    const assessment = "pspi" in answer ? answer : null;
    const track = answer.track ?? null;
    watching.add(assessment, track);
    quiet.show(track);
    neutralControls.see(assessment);
    // The box says what the card says; its place is the frame's own.
    drawOverlay(overlay, assessment && standing(assessment, track), frame, {
      mirrored: mirror.checked,
      map: where.of(assessment),
    });
    const now = performance.now();
    rate.tick(now - frame.captured);
    if (now - cardAt >= CARD_EVERY) {
      cardAt = now;
      byId("rate").textContent = rate.read();
      where.update(assessment);
      if (assessment) result.show(standing(assessment, track));
      else if (answer.type.endsWith("/no-face")) result.away(answer.detail);
      else result.fail(answer.detail);
    }
    if (assessment && track?.announced) onLevel(standing(assessment, track));
  }

  async function sendFrame() {
    if (!socket?.ready() || grabbing || !video.videoWidth) return;
    grabbing = true;
    const captured = performance.now();
    const mine = socket;
    try {
      const frame = await grab();
      if (mine === socket && frame.blob) mine.send({ ...frame, captured });
    } finally {
      grabbing = false;
    }
  }

  async function start(deviceId) {
    stop();
    const mine = session;
    byId("start").disabled = true;
    try {
      const opened = await openCamera(deviceId);
      if (mine !== session) {
        release(opened);
        return;
      }
      stream = opened;
      await begin(mine);
    } catch (error) {
      if (mine === session) fail(error.message);
    } finally {
      byId("start").disabled = false;
    }
  }

  async function begin(mine) {
    await use(stream, mine);
    if (mine !== session) return;
    connect();
    endFrames = eachFrame(video, sendFrame);
  }

  async function use(opened, mine) {
    stream = opened;
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (mine === session) cameraLost(mine);
    });
    video.srcObject = stream;
    show(true);
    await video.play();
    await fillCameras();
  }

  // What is lost is tried again until it is back or somebody presses Stop.
  function cameraLost(mine) {
    lost(CAMERA_LOST, CAMERA_TITLE);
    release(stream);
    const wanted = cameras.value;
    async function reopen() {
      const opened = await openCamera(wanted)
        .catch(() => openCamera())
        .catch(() => null);
      if (mine !== session) return release(opened);
      if (!opened) return cameraAgain.again(reopen);
      trouble = null;
      cameraAgain.worked();
      await use(opened, mine).catch(() => cameraAgain.again(reopen));
    }
    cameraAgain.again(reopen);
  }

  function connect() {
    socket?.close();
    mapAsked = where.wanted();
    socket = openSocket({
      withMap: mapAsked,
      settings: Object.fromEntries(new FormData(settings)),
      neutral: neutral.get(),
      onAnswer: answered,
      onClose: () => {
        lost(SERVER_LOST, "The connection is lost");
        serverAgain.again(connect);
      },
    });
  }

  function lost(sentence, title) {
    if (trouble === title) return; // told once, however often it is tried again
    trouble = title;
    drawOverlay(overlay, null);
    result.fail(sentence, title);
    quiet.show(null, sentence);
    byId("rate").textContent = "";
    rate.reset();
    onProblem(sentence);
  }

  async function fillCameras() {
    const inUse = stream?.getVideoTracks()[0].getSettings().deviceId;
    const found = await listCameras();
    cameras.replaceChildren(
      ...found.map(({ id, label }) => new Option(label, id, false, id === inUse)),
    );
    byId("camera-choice").hidden = found.length < 2;
  }

  function stop() {
    session += 1;
    cameraAgain.stop();
    serverAgain.stop();
    trouble = null;
    quiet.end();
    endFrames();
    socket?.close();
    socket = null;
    release(stream);
    stream = null;
    video.srcObject = null;
    rate.reset();
    drawOverlay(overlay, null);
    where.update(null);
    neutralControls.stop();
    byId("rate").textContent = "";
    show(false);
  }

  function fail(sentence) {
    stop();
    result.fail(sentence, "The live view is off");
    onProblem(sentence);
  }

  function show(on) {
    byId("live-empty").hidden = on;
    byId("live-picture").hidden = !on;
    byId("live-controls").hidden = !on;
    byId("live-where").hidden = !on;
    byId("tuning").hidden = !on;
    watching.show(on);
    byId("live-neutral").hidden = !on;
    byId("live-stage").classList.toggle("filled", on);
  }

  function turn() {
    video.classList.toggle("mirrored", mirror.checked);
  }

  video.addEventListener("resize", () =>
    setRatio(byId("live-picture"), video.videoWidth, video.videoHeight),
  );
  byId("start").addEventListener("click", async () => {
    await start();
    if (stream) byId("stop").focus();
  });
  byId("stop").addEventListener("click", () => {
    stop();
    result.clear();
    byId("start").focus();
  });
  cameras.addEventListener("change", () => start(cameras.value));
  settings.addEventListener("submit", (event) => event.preventDefault());
  settings.addEventListener("change", () => socket && settings.reportValidity() && connect());
  mirror.addEventListener("change", turn);
  navigator.mediaDevices?.addEventListener?.("devicechange", () => stream && fillCameras());
  turn();

  return {
    /** Switch the camera off, or call off its start, as when the tab is left. */
    stop() {
      const running = stream !== null;
      stop();
      if (running) result.clear();
    },
  };
}

/** Return an assessment that shows what stands in place of what one frame shows. */
function standing(assessment, track) {
  if (!track || track.away > 0 || assessment.level === null) return assessment;
  const standing = Object.fromEntries(STANDING.map((name) => [name, track[name]]));
  return { ...assessment, ...standing, change: track.change };
}

function release(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
