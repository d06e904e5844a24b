// The live tab: camera frames to the server and back, the face box and level over the video.

import { createGrabber, eachFrame, listCameras, openCamera } from "./camera.js";
import { createHold } from "./holding.js";
import { drawOverlay, setRatio } from "./overlay.js";
import { createRate } from "./rate.js";
import { openSocket } from "./socket.js";
import { createWhere } from "./where.js";

const CARD_EVERY = 200; // milliseconds between changes of the numbers, so that they can be read
const byId = (id) => document.getElementById(id);

/**
 * Bring the live tab to life.
 * facts: from /v1/scale; result: its card; onLevel(assessment): a level has held and is worth saying;
 * onProblem(sentence): the view has stopped.
 */
export function createLive({ facts, result, onLevel, onProblem }) {
  const [video, overlay, cameras, mirror] = ["video", "live-overlay", "camera", "mirror"].map(byId);
  const grab = createGrabber(video);
  const hold = createHold();
  const rate = createRate();
  let session = 0; // counts starts and stops, so that what comes late is recognised
  let stream = null;
  let socket = null;
  let endFrames = () => {};
  let cardAt = 0;
  let grabbing = false;

  let mapAsked = false; // whether the socket in use brings the map
  const where = createWhere(byId("live-where"), facts, {
    onChange() {
      result.mark(where.unit());
      if (socket && where.wanted() !== mapAsked) connect();
    },
  });
  result.onChoose(where.toggle);

  function answered(answer, frame) {
    const assessment = "pspi" in answer ? answer : null;
    drawOverlay(overlay, assessment, frame, {
      mirrored: mirror.checked,
      map: where.of(assessment),
    });
    const now = performance.now();
    rate.tick(now - frame.captured);
    if (now - cardAt >= CARD_EVERY) {
      cardAt = now;
      byId("rate").textContent = rate.read();
      where.update(assessment);
      if (assessment) result.show(assessment);
      else if (answer.type.endsWith("/no-face")) result.away(answer.detail);
      else result.fail(answer.detail);
    }
    if (hold.update(assessment?.level ?? null, now / 1000)) onLevel(assessment);
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
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (mine === session) fail("The camera is gone. Plug it in, then start again.");
    });
    video.srcObject = stream;
    show(true);
    await video.play();
    await fillCameras();
    if (mine !== session) return;
    connect();
    endFrames = eachFrame(video, sendFrame);
  }

  function connect() {
    socket?.close();
    mapAsked = where.wanted();
    socket = openSocket({
      withMap: mapAsked,
      onAnswer: answered,
      onClose: () => fail("The connection to wince has ended. Is it still running, or are several live views open?"),
    });
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
    endFrames();
    socket?.close();
    socket = null;
    release(stream);
    stream = null;
    video.srcObject = null;
    hold.reset();
    rate.reset();
    drawOverlay(overlay, null);
    where.update(null);
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

function release(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
