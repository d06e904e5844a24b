// The camera: opened, closed, chosen; each frame as a small JPEG.

const LONGEST_SIDE = 640; // pixels of a frame that is sent; the model looks at 224
const QUALITY = 0.85;

/** Return the camera's stream; throws an Error whose message is a sentence for the reader. */
export async function openCamera(deviceId) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error(
      "Browsers open the camera only for a page on the same machine or over HTTPS. " +
        "Open this page on the machine that runs wince.",
    );
  }
  const video = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
  if (deviceId) video.deviceId = { exact: deviceId };
  else video.facingMode = "user";
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    throw new Error(cameraSentence(error.name));
  }
}

function cameraSentence(name) {
  return (
    {
      NotAllowedError:
        "The browser may not use the camera. Allow it in the address bar, then start again.",
      NotFoundError: "No camera was found. Plug one in, then start again.",
      NotReadableError: "The camera is in use by another program. Close that, then start again.",
      OverconstrainedError: "That camera is gone. Choose another one.",
    }[name] ?? `The camera could not be started (${name}).`
  );
}

/** Return the cameras of this machine as {id, label}. */
export async function listCameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind }) => kind === "videoinput")
    .map(({ deviceId, label }, index) => ({ id: deviceId, label: label || `Camera ${index + 1}` }));
}

/** Return a function that turns the video's present frame into {blob, width, height}. */
export function createGrabber(video) {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  return async () => {
    const { videoWidth, videoHeight } = video;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(videoWidth, videoHeight));
    canvas.width = Math.round(videoWidth * scale);
    canvas.height = Math.round(videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const size = { width: canvas.width, height: canvas.height };
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    return { blob, ...size };
  };
}

/** Call `handle` for each new frame of the video; return a function that ends it. */
export function eachFrame(video, handle) {
  let going = true;
  const next = video.requestVideoFrameCallback
    ? (callback) => video.requestVideoFrameCallback(callback)
    : (callback) => requestAnimationFrame(callback);
  const step = () => {
    if (!going) return;
    handle();
    next(step);
  };
  next(step);
  return () => {
    going = false;
  };
}
