// The camera of the live tab: switched on and off, changed, and opened again when it was lost.

/** @import { CameraChoice, OpenCamera } from "../media/camera.js" */
/** @import { CameraState, Store } from "../state.js" */

import { problemOf } from "../errors.js";
import { closeCamera, listCameras, openCamera } from "../media/camera.js";
import { createRetry } from "../retry.js";

export const CAMERA_LOST = { code: "camera-lost", values: {}, detail: "" };

/**
 * Return the control of the camera, which plays in a video element.
 *
 * @param {HTMLVideoElement} video
 * @param {Store} store
 * @param {(isLost: boolean) => void} onLost Called when the camera is lost, and when it is back.
 */
export function createLiveCamera(video, store, onLost) {
  const retry = createRetry();
  /** @type {OpenCamera | null} */
  let camera = null;
  let runs = 0; // counts starts and stops, so that a late result is recognised

  /** @param {Partial<CameraState>} change */
  function update(change) {
    store.updatePart("live", { camera: { ...store.get().live.camera, ...change } });
  }

  /** @param {OpenCamera} opened */
  async function play(opened) {
    camera = opened;
    const run = runs;
    opened.stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (run === runs) reopen();
    });
    video.srcObject = opened.stream;
    await video.play();
    if (run !== runs) return; // switched off meanwhile
    update({
      status: "on",
      problem: null,
      deviceId: opened.deviceId,
      isFront: opened.isFront,
      size: { width: video.videoWidth, height: video.videoHeight },
    });
    await refreshDevices();
  }

  async function refreshDevices() {
    update({ devices: await listCameras() });
  }

  /** Try to open the camera again until it is back or switched off. */
  function reopen() {
    const run = runs;
    const { deviceId } = store.get().live.camera;
    closeCamera(camera?.stream ?? null);
    camera = null;
    update({ status: "lost", problem: CAMERA_LOST });
    onLost(true);
    async function attempt() {
      const opened = await openCamera(deviceId ? { deviceId } : {})
        .catch(() => openCamera())
        .catch(() => null);
      if (run !== runs) return closeCamera(opened?.stream ?? null);
      if (!opened) return retry.schedule(attempt);
      retry.reset();
      const isBack = await play(opened).then(
        () => true,
        () => false,
      );
      if (run !== runs) return; // switched off while it began to play
      if (isBack) return onLost(false);
      closeCamera(opened.stream);
      retry.schedule(attempt);
    }
    retry.schedule(attempt);
  }

  navigator.mediaDevices?.addEventListener?.("devicechange", () => {
    if (camera) refreshDevices();
  });
  video.addEventListener("resize", () => {
    if (camera) update({ size: { width: video.videoWidth, height: video.videoHeight } });
  });

  function off() {
    runs += 1;
    retry.cancel();
    closeCamera(camera?.stream ?? null);
    camera = null;
    video.srcObject = null;
    update({ status: "off", problem: null, size: null });
  }

  return {
    /**
     * Switch the camera on, or change it; return whether it is on.
     *
     * @param {CameraChoice} [choice]
     */
    async on(choice) {
      off();
      const run = runs;
      update({ status: "starting", ...(choice?.deviceId && { deviceId: choice.deviceId }) });
      try {
        const opened = await openCamera(choice);
        if (run !== runs) {
          closeCamera(opened.stream);
          return false;
        }
        await play(opened);
        return run === runs;
      } catch (error) {
        if (run === runs) {
          off();
          update({ status: "refused", problem: problemOf(error) });
        }
        return false;
      }
    },
    off,
  };
}
