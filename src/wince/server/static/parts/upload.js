// The upload tab: choosing, dropping and pasting a file, and the photo or video in view.

/** @import { Scale, Size } from "../types.js" */
/** @import { State, Store } from "../state.js" */

import { byId, setText } from "../dom.js";
import { mayDiscard } from "./discard_dialog.js";
import { createFaceButtons } from "./faces.js";
import { createForecast } from "./forecast.js";
import { mapOf } from "./map_controls.js";
import { drawOverlay, setAspectRatio } from "./overlay.js";
import { t } from "../texts.js";
import { formatDuration } from "../times.js";

/**
 * @typedef {object} UploadActions
 * @property {(file: File) => void} take
 * @property {() => void} refuseDrop
 * @property {(id: number) => void} choose A face of the photo, or a person of the video.
 * @property {() => void} clear
 * @property {() => void} cancel Stop assessing a video.
 */

/**
 * Connect the upload tab.
 *
 * @param {Scale} scale
 * @param {Store} store
 * @param {UploadActions} actions
 */
export function createUpload(scale, store, actions) {
  const preview = byId("preview", HTMLImageElement);
  const film = byId("film", HTMLVideoElement);
  const canvas = byId("upload-overlay", HTMLCanvasElement);
  const drawFaces = createFaceButtons(byId("faces"), actions.choose);
  const drawProgress = createProgress(actions.cancel);
  connectFiles(store, actions);

  preview.addEventListener("load", () => {
    const { naturalWidth: width, naturalHeight: height } = preview;
    store.updatePart("upload", { size: { width, height } });
  });
  // A photo that the browser cannot show may still be assessed.
  preview.addEventListener("error", () => {
    if (preview.getAttribute("src")) store.updatePart("upload", { url: null });
  });
  new ResizeObserver(store.drawSoon).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", store.drawSoon);
  let isCleared = false; // by the button, which then disappears
  byId("clear").addEventListener("click", async () => {
    if (!(await mayDiscard(store.get().upload.session))) return;
    isCleared = true;
    actions.clear();
  });

  /** @param {State} state */
  return (state) => {
    if (state.tab !== "upload") return;
    const { kind, url, size, isBusy } = state.upload;
    const isPhoto = kind === "photo";
    byId("upload-empty").hidden = Boolean(url);
    byId("photo").hidden = !url;
    byId("upload-controls").hidden = !url;
    byId("drop").classList.toggle("filled", Boolean(url));
    preview.hidden = !isPhoto;
    film.hidden = kind !== "video";
    setSource(preview, isPhoto ? url : null);
    if (size) setAspectRatio(byId("photo"), size.width, size.height);
    byId("upload-result").ariaBusy = String(isBusy);
    setText(byId("busy"), isBusy ? t(isPhoto ? "upload.busy" : "video.busy") : "");
    drawFaces(...facesOf(state));
    drawOverlay(canvas, scale, overlayOf(state));
    drawProgress(state);
    if (isCleared && !url) byId("choose").focus();
    isCleared = false;
  };
}

/**
 * @param {HTMLImageElement} image
 * @param {string | null} url
 */
function setSource(image, url) {
  if (image.getAttribute("src") === url) return;
  if (url) image.src = url;
  else image.removeAttribute("src");
}

/**
 * Return the faces of the photo, or the persons of the video, for their buttons.
 *
 * @param {State} state
 * @returns {[import("./faces.js").FaceButton[], Size | null]}
 */
function facesOf({ upload: { kind, size, assessment, answer, progress } }) {
  if (kind === "video") {
    const { person = null, persons = [] } = answer ?? {};
    const faces = persons.map(({ number, box }) => ({
      id: number,
      box,
      isChosen: number === person && !progress?.isChoosing,
    }));
    return [faces, size];
  }
  const faces = assessment?.faces ?? [];
  return [
    faces.map(({ index, box, usable }) => ({
      id: index,
      box,
      isChosen: index === assessment?.face.index,
      isUsable: usable,
    })),
    size,
  ];
}

/**
 * @param {State} state
 * @returns {import("./overlay.js").Overlay | null}
 */
function overlayOf({ upload: { kind, size, assessment, answer }, map }) {
  if (!size || !assessment) return null;
  const statement = (kind === "video" && answer?.track?.statement) || assessment;
  return { box: assessment.face.box, statement, size, map: mapOf(map, assessment) };
}

/**
 * Connect the progress of a video.
 *
 * @param {() => void} cancel
 */
function createProgress(cancel) {
  const root = byId("film-progress");
  const bar = byId("film-bar", HTMLProgressElement);
  const button = byId("film-cancel", HTMLButtonElement);
  button.addEventListener("click", () => {
    cancel();
    byId("choose-another").focus(); // the button disappears
  });
  const secondsLeft = createForecast();
  /** @param {State} state */
  return ({ upload: { progress } }) => {
    const left = secondsLeft(progress);
    root.hidden = !progress;
    if (!progress) return;
    bar.max = progress.duration;
    bar.value = progress.seconds;
    button.hidden = progress.isFinished;
    const running = left === null ? "video.progress" : "video.progress-left";
    const [seconds, duration] = [progress.seconds, progress.duration].map(formatDuration);
    const values = { seconds, duration, left: formatDuration(left ?? 0) };
    const text = t(progress.isFinished ? "video.finished" : running, values);
    setText(byId("film-time"), progress.isChoosing ? t("video.choose") : text);
  };
}

/**
 * Take files that are chosen, dropped anywhere on the page, or pasted. Beside the drop area a browser
 * would otherwise leave the page and open the file.
 *
 * @param {Store} store
 * @param {UploadActions} actions
 */
function connectFiles(store, actions) {
  const input = byId("file", HTMLInputElement);
  /**
   * Take the first of the files; return whether there was one.
   *
   * @param {FileList | null | undefined} files
   */
  function takeFirst(files) {
    const file = files?.[0];
    if (file) replaceWith(() => actions.take(file));
    return Boolean(file);
  }
  /** @param {() => void} replace Shows something else; what is not saved of a video is then gone. */
  async function replaceWith(replace) {
    if (await mayDiscard(store.get().upload.session)) replace();
  }
  for (const id of ["choose", "choose-another"]) {
    byId(id).addEventListener("click", () => input.click());
  }
  input.addEventListener("change", () => {
    takeFirst(input.files);
    input.value = ""; // so that the same photo can be chosen again
  });
  window.addEventListener("paste", (event) => {
    const isHere = store.get().tab === "upload";
    if (isHere && takeFirst(event.clipboardData?.files)) event.preventDefault();
  });
  let depth = 0; // enter and leave events of nested elements
  /** @param {number} step */
  const changeDepth = (step) => {
    depth = Math.max(0, depth + step);
    byId("drop").classList.toggle("over", depth > 0);
  };
  window.addEventListener("dragenter", () => changeDepth(1));
  window.addEventListener("dragleave", () => changeDepth(-1));
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    changeDepth(-depth);
    if (!takeFirst(event.dataTransfer?.files)) replaceWith(actions.refuseDrop);
  });
}
