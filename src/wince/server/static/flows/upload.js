// The upload tab: a photo that is chosen, dropped or pasted is assessed at once; the newest one wins.

/** @import { Assessment, Scale } from "../types.js" */

import { assess } from "../engine/http.js";
import { byId } from "../dom.js";
import { UserError, userMessage } from "../errors.js";
import { createFaceButtons } from "../parts/faces.js";
import { createMapControls } from "../parts/map_controls.js";
import { createNeutralControls } from "../parts/neutral.js";
import { drawOverlay, setAspectRatio } from "../parts/overlay.js";

/**
 * Connect the upload tab.
 *
 * @param {object} options
 * @param {Scale} options.scale
 * @param {import("../parts/neutral.js").NeutralFaceState} options.neutral
 * @param {import("../parts/result_card.js").ResultCard} options.result
 * @param {(assessment: Assessment) => void} options.onResult Called with what is to be spoken.
 * @param {() => void} options.onNoResult Called when there is no result, or no longer one.
 * @param {() => boolean} options.isActive Whether the tab is in view.
 * @param {() => void} options.activate Brings the tab into view.
 */
export function createUpload({ scale, neutral, result, onResult, onNoResult, isActive, activate }) {
  const dropArea = byId("drop");
  const fileInput = byId("file", HTMLInputElement);
  const preview = byId("preview", HTMLImageElement);
  const canvas = byId("upload-overlay", HTMLCanvasElement);
  /** @type {AbortController | null} */
  let lastRequest = null;
  /** @type {string | null} */
  let previewUrl = null;
  /** @type {Assessment | null} */
  let assessment = null;
  /** @type {File | null} */
  let photo = null; // in view
  const faces = createFaceButtons(byId("faces"), (index) => assessAgain(index));

  function redraw() {
    const size = { width: preview.naturalWidth, height: preview.naturalHeight };
    faces.show(assessment, size);
    drawOverlay(
      canvas,
      scale,
      assessment && {
        box: assessment.face.box,
        statement: assessment,
        size,
        map: mapControls.mapOf(assessment),
      },
    );
  }

  const mapControls = createMapControls(byId("upload-map"), scale, {
    announced: true,
    onChange() {
      redraw();
      result.markUnit(mapControls.selectedUnit());
    },
  });
  result.onChooseUnit(mapControls.toggle);
  createNeutralControls(byId("upload-neutral"), neutral, scale, {
    currentAssessment: () => assessment,
  });
  neutral.onChange(() => assessment && assessAgain(assessment.face.index, { aloud: false }));

  /** @param {Assessment | null} newAssessment */
  function setAssessment(newAssessment) {
    assessment = newAssessment;
    const judged = assessment?.level ? assessment : null;
    byId("upload-map").hidden = !judged;
    byId("upload-neutral").hidden = !assessment;
    mapControls.update(judged);
  }

  /** @param {File | null} newPhoto */
  function showPhoto(newPhoto) {
    photo = newPhoto;
    if (previewUrl) URL.revokeObjectURL(previewUrl);
    previewUrl = photo && URL.createObjectURL(photo);
    setAssessment(null);
    showStage(Boolean(photo));
    if (previewUrl) preview.src = previewUrl;
    else preview.removeAttribute("src");
  }

  /** @param {boolean} filled */
  function showStage(filled) {
    byId("upload-empty").hidden = filled;
    byId("photo").hidden = !filled;
    byId("upload-controls").hidden = !filled;
    dropArea.classList.toggle("filled", filled);
  }

  /** @param {File} newPhoto */
  async function assessPhoto(newPhoto) {
    lastRequest?.abort();
    activate();
    onNoResult(); // what was said is of another photo
    showPhoto(newPhoto);
    await requestAssessment(newPhoto);
  }

  /**
   * Assess the photo in view again: another face, or against another neutral face.
   *
   * @param {number} face
   * @param {{ aloud?: boolean }} [options]
   */
  async function assessAgain(face, { aloud = true } = {}) {
    lastRequest?.abort();
    if (photo) await requestAssessment(photo, { face, aloud });
  }

  /**
   * @param {File} file
   * @param {{ face?: number | null, aloud?: boolean }} [options]
   */
  async function requestAssessment(file, { face = null, aloud = true } = {}) {
    const request = new AbortController();
    lastRequest = request;
    byId("busy").hidden = false;
    try {
      const answer = await assess(file, request.signal, { face, neutral: neutral.get() });
      setAssessment(answer);
      result.show(answer);
      redraw();
      if (aloud) onResult(answer);
    } catch (error) {
      if (request.signal.aborted) return;
      result.showProblem(userMessage(error));
      onNoResult();
      if (!(error instanceof UserError)) throw error;
    } finally {
      if (lastRequest === request) byId("busy").hidden = true;
    }
  }

  function clear() {
    lastRequest?.abort();
    showPhoto(null);
    byId("busy").hidden = true;
    result.clear();
    onNoResult();
    byId("choose").focus();
  }

  /**
   * Assess the first of the files; return whether there was one.
   *
   * @param {FileList | null | undefined} files
   */
  function takeFirst(files) {
    const file = files?.[0];
    if (file) assessPhoto(file);
    return Boolean(file);
  }

  preview.addEventListener("load", () => {
    setAspectRatio(byId("photo"), preview.naturalWidth, preview.naturalHeight);
    redraw();
  });
  preview.addEventListener("error", () => {
    if (previewUrl) showStage(false);
  });
  new ResizeObserver(redraw).observe(preview);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  for (const id of ["choose", "choose-another"]) {
    byId(id).addEventListener("click", () => fileInput.click());
  }
  byId("clear").addEventListener("click", clear);
  fileInput.addEventListener("change", () => {
    takeFirst(fileInput.files);
    fileInput.value = ""; // so that the same photo can be chosen again
  });
  acceptDrops(dropArea, takeFirst, () => {
    activate();
    result.showProblem(
      "That was not an image file. Save the image first, then drop the file here.",
    );
    onNoResult();
  });
  window.addEventListener("paste", (event) => {
    if (isActive() && takeFirst(event.clipboardData?.files)) event.preventDefault();
  });
}

/**
 * Accept files that are dropped anywhere on the page. Beside the drop area a browser would otherwise
 * leave the page and open the file.
 *
 * @param {HTMLElement} dropArea
 * @param {(files: FileList | undefined) => boolean} takeFirst
 * @param {() => void} refuse Called when what was dropped is not a file.
 */
function acceptDrops(dropArea, takeFirst, refuse) {
  let depth = 0; // enter and leave events of nested elements
  /** @param {number} step */
  const changeDepth = (step) => {
    depth = Math.max(0, depth + step);
    dropArea.classList.toggle("over", depth > 0);
  };
  window.addEventListener("dragenter", () => changeDepth(1));
  window.addEventListener("dragleave", () => changeDepth(-1));
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    changeDepth(-depth);
    if (!takeFirst(event.dataTransfer?.files)) refuse();
  });
}
