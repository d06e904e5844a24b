// The camera: opening and listing. The rear one comes first on a phone.

import { UserError } from "../errors.js";
import { t } from "../texts.js";

const SIZE = { width: { ideal: 1920 }, height: { ideal: 1080 } };
const FRAME_RATE = { ideal: 15, max: 30 }; // frames a second
/** Codes of problems by the browser's name for them. */
const PROBLEMS = {
  NotAllowedError: "camera-refused",
  NotFoundError: "no-camera",
  NotReadableError: "camera-in-use",
  OverconstrainedError: "camera-gone",
};

/** @typedef {{ deviceId?: string, isFront?: boolean }} CameraChoice One of both. */
/** @typedef {{ stream: MediaStream, deviceId: string | null, isFront: boolean }} OpenCamera */

/** Whether this is a phone or tablet, which is held towards somebody else. */
export function isHandheld() {
  return navigator.maxTouchPoints > 0 && matchMedia("(pointer: coarse)").matches;
}

/**
 * Open a camera.
 *
 * @param {CameraChoice} [choice] By default the rear one of a phone, the front one elsewhere.
 * @returns {Promise<OpenCamera>}
 * @throws {UserError} The camera cannot be used.
 */
export async function openCamera({ deviceId, isFront = !isHandheld() } = {}) {
  if (!navigator.mediaDevices?.getUserMedia) throw new UserError("camera-needs-https");
  const which = deviceId
    ? { deviceId: { exact: deviceId } }
    : { facingMode: { ideal: isFront ? "user" : "environment" } };
  const video = { ...which, ...SIZE, frameRate: FRAME_RATE };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    const settings = stream.getVideoTracks()[0].getSettings();
    return {
      stream,
      deviceId: settings.deviceId ?? null,
      // A camera that does not tell where it looks is one of a desktop and faces the user.
      isFront: settings.facingMode ? settings.facingMode === "user" : !isHandheld(),
    };
  } catch (error) {
    const name = error instanceof Error ? error.name : String(error);
    const code = PROBLEMS[/** @type {keyof typeof PROBLEMS} */ (name)];
    throw new UserError(code ?? "camera-failed", code ? {} : { name });
  }
}

/** Return the cameras of this machine. */
export async function listCameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind }) => kind === "videoinput")
    .map(({ deviceId, label }, index) => ({
      id: deviceId,
      label: label || t("camera.number", { number: index + 1 }),
    }));
}

/** @param {MediaStream | null} stream */
export function closeCamera(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
