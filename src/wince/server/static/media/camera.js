// The camera: opening, listing and reading it. Each frame becomes a small JPEG.

import { context2d } from "../dom.js";

const LONGEST_SIDE = 640; // pixels of a frame that is sent; the model uses 224
const JPEG_QUALITY = 0.85;
/** @type {Record<string, string>} */
const CAMERA_ERRORS = {
  NotAllowedError:
    "The browser may not use the camera. Allow it in the address bar, then start again.",
  NotFoundError: "No camera was found. Connect one, then start again.",
  NotReadableError: "Another program uses the camera. Close that program, then start again.",
  OverconstrainedError: "This camera is no longer connected. Choose another one.",
};

/**
 * Return the camera's stream.
 *
 * @param {string} [deviceId] Which camera; by default one that faces the user.
 * @throws {Error} With a message for the user.
 */
export async function openCamera(deviceId) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error(
      "Browsers open the camera only for a page on the same machine or over HTTPS. " +
        "Open this page on the machine that runs wince.",
    );
  }
  const camera = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" };
  const video = {
    ...camera,
    width: { ideal: 640 },
    height: { ideal: 480 },
    frameRate: { ideal: 30 },
  };
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    const name = error instanceof Error ? error.name : String(error);
    throw new Error(CAMERA_ERRORS[name] ?? `The camera could not be started (${name}).`);
  }
}

/** Return the cameras of this machine. */
export async function listCameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind }) => kind === "videoinput")
    .map(({ deviceId, label }, index) => ({ id: deviceId, label: label || `Camera ${index + 1}` }));
}

/**
 * Return a function that turns the video's current frame into a JPEG of limited size.
 *
 * @param {HTMLVideoElement} video
 */
export function createFrameGrabber(video) {
  const canvas = document.createElement("canvas");
  const context = context2d(canvas, { alpha: false, willReadFrequently: true });
  return async () => {
    const { videoWidth, videoHeight } = video;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(videoWidth, videoHeight));
    const width = Math.round(videoWidth * scale);
    const height = Math.round(videoHeight * scale);
    canvas.width = width;
    canvas.height = height;
    context.drawImage(video, 0, 0, width, height);
    /** @type {Blob | null} */
    const blob = await new Promise((resolve) => {
      canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY);
    });
    return { blob, width, height };
  };
}

/**
 * Call a function for each new frame of the video.
 *
 * @param {HTMLVideoElement} video
 * @param {() => void} callback
 * @returns {() => void} A function that ends it.
 */
export function onEachFrame(video, callback) {
  let running = true;
  const step = () => {
    if (!running) return;
    callback();
    requestNext();
  };
  const requestNext = () => {
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(step);
    else requestAnimationFrame(step);
  };
  requestNext();
  return () => {
    running = false;
  };
}
