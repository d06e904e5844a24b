// The upload tab: a photo chosen, dropped or pasted is assessed at once; the newest one wins.

import { Problem, assess } from "./api.js";
import { createNeutralControls } from "./neutral.js";
import { createFaces } from "./faces.js";
import { drawOverlay, setRatio } from "./overlay.js";
import { createWhere } from "./where.js";

const byId = (id) => document.getElementById(id);

/**
 * Bring the upload tab to life.
 * facts: from /v1/scale; neutral: the page's neutral face; result: its card; onResult(assessment) and onProblem(sentence) are told; active(): whether the
 * tab is in view; activate() brings it there.
 */
export function createUpload({ facts, neutral, result, onResult, onProblem, active, activate }) {
  const [drop, file, preview, overlay] = ["drop", "file", "preview", "upload-overlay"].map(byId);
  let request = null; // of the newest picture
  let address = null; // of the preview
  let found = null;
  let chosen = null; // the picture file in view
  const faces = createFaces(byId("faces"), (index) => assessAgain(index));

  function redraw() {
    const size = { width: preview.naturalWidth, height: preview.naturalHeight };
    faces.show(found, size);
    drawOverlay(overlay, found, size, { map: where.of(found) });
  }

  const where = createWhere(byId("upload-where"), facts, {
    spoken: true,
    onChange() {
      redraw();
      result.mark(where.unit());
    },
  });
  result.onChoose(where.toggle);
  createNeutralControls(byId("upload-neutral"), neutral, facts, { current: () => found });
  neutral.onChange(() => chosen && found && assessAgain(found.face.index, { aloud: false }));

  function setFound(assessment) {
    found = assessment;
    byId("upload-where").hidden = !found?.level;
    byId("upload-neutral").hidden = !found;
    where.update(found?.level ? found : null);
  }

  function showPicture(picture) {
    chosen = picture;
    if (address) URL.revokeObjectURL(address);
    address = picture && URL.createObjectURL(picture);
    setFound(null);
    showStage(Boolean(picture));
    if (picture) preview.src = address;
    else preview.removeAttribute("src");
  }

  function showStage(filled) {
    byId("upload-empty").hidden = filled;
    byId("picture").hidden = !filled;
    byId("upload-controls").hidden = !filled;
    drop.classList.toggle("filled", filled);
  }

  async function take(picture) {
    request?.abort();
    activate();
    showPicture(picture);
    await read(picture);
  }

  /** Assess the picture in view once more: another face of it, or against another neutral face. */
  async function assessAgain(index, { aloud = true } = {}) {
    request?.abort();
    await read(chosen, { face: index, aloud });
  }

  async function read(picture, { face = null, aloud = true } = {}) {
    const mine = (request = new AbortController());
    byId("busy").hidden = false;
    try {
      setFound(await assess(picture, mine.signal, { face, neutral: neutral.get() }));
      result.show(found);
      redraw();
      if (aloud) onResult(found);
    } catch (error) {
      if (mine.signal.aborted) return;
      const sentence = error instanceof Problem ? error.message : "The page failed; please load it again.";
      result.fail(sentence);
      onProblem(sentence);
      if (!(error instanceof Problem)) throw error;
    } finally {
      if (request === mine) byId("busy").hidden = true;
    }
  }

  function clear() {
    request?.abort();
    showPicture(null);
    byId("busy").hidden = true;
    result.clear();
    byId("choose").focus();
  }

  function takeFirst(files) {
    const picture = [...(files ?? [])][0];
    if (picture) take(picture);
    return Boolean(picture);
  }

  preview.addEventListener("load", () => {
    setRatio(byId("picture"), preview.naturalWidth, preview.naturalHeight);
    redraw();
  });
  preview.addEventListener("error", () => address && showStage(false));
  new ResizeObserver(redraw).observe(preview);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  for (const id of ["choose", "choose-another"]) {
    byId(id).addEventListener("click", () => file.click());
  }
  byId("clear").addEventListener("click", clear);
  file.addEventListener("change", () => {
    takeFirst(file.files);
    file.value = ""; // so that the same photo can be chosen again
  });
  acceptDrops(drop, takeFirst, () => {
    activate();
    result.fail("That was not a picture file. Save the picture first, then drop the file here.");
  });
  window.addEventListener("paste", (event) => {
    if (active() && takeFirst(event.clipboardData?.files)) event.preventDefault();
  });
}

/** Take files dropped anywhere on the page: next to the target a browser would leave the page. */
function acceptDrops(target, takeFirst, refuse) {
  let depth = 0; // enter and leave events of children nest
  const light = (step) => {
    depth = Math.max(0, depth + step);
    target.classList.toggle("over", depth > 0);
  };
  window.addEventListener("dragenter", () => light(1));
  window.addEventListener("dragleave", () => light(-1));
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    light(-depth);
    if (!takeFirst(event.dataTransfer?.files)) refuse();
  });
}
