// The image of the live tab: the camera or the image of a check's result, with the faces in it.

/** @import { Assessment, Box, Heatmap, Quad, Scale, Size, Statement, TrackStatement } from "../types.js" */
/** @import { Draw, MapView, State } from "../state.js" */

import { byId, setText } from "../dom.js";
import { createFaceButtons } from "./faces.js";
import { mapOf } from "./map_controls.js";
import { drawOverlay, setAspectRatio } from "./overlay.js";
import { createPersonCrop } from "./person_crop.js";
import { t } from "../texts.js";

/**
 * @param {Scale} scale
 * @param {(person: number) => void} onChoose Called with the person who is tapped.
 * @returns {Draw}
 */
export function createLiveView(scale, onChoose) {
  const video = byId("video", HTMLVideoElement);
  const checkImage = byId("check-image", HTMLImageElement);
  const canvas = byId("live-overlay", HTMLCanvasElement);
  const drawButtons = createFaceButtons(byId("live-faces"), onChoose);
  const frame = byId("live-image");
  const drawCrop = createPersonCrop(byId("live-frame"));
  checkImage.addEventListener("load", () =>
    setAspectRatio(frame, checkImage.naturalWidth, checkImage.naturalHeight),
  );

  return (state) => {
    const { step, check, camera } = state.live;
    const isChecked = step === "checked";
    const isMirrored = !isChecked && camera.isFront && state.settings.mirrored;
    frame.dataset.step = step;
    video.hidden = isChecked;
    video.classList.toggle("mirrored", isMirrored);
    checkImage.hidden = !check?.url;
    if (checkImage.src !== (check?.url ?? "")) checkImage.src = check?.url ?? "";
    const { rate } = state.live;
    setText(byId("rate"), rate ? t("live.rate", rate) : "");
    const view = isChecked ? checkedView(state) : cameraView(state);
    const face = followedFace(state);
    const isCropped = drawCrop(isPersonShown(state), face && { ...face, isMirrored });
    if (!isChecked && camera.size) setAspectRatio(frame, camera.size.width, camera.size.height);
    drawOverlay(canvas, scale, view && { ...view, mirrored: isMirrored, isFramed: !isCropped });
    const { answer } = state.live;
    const faces = (isChecked ? [] : (answer?.persons ?? [])).map(({ number, box }) => ({
      id: number,
      box,
      isChosen: number === answer?.person,
    }));
    const isOffered = !isCropped && (faces.length > 1 || (step === "aim" && faces.length > 0));
    drawButtons(faces, answer?.size ?? null, { isMirrored, isOffered });
  };
}

/**
 * @typedef {{ box: Box, statement: Statement | TrackStatement, size: Size,
 *   map: ReturnType<typeof mapOf> }} View
 */

/**
 * Whether the person is shown alone, which is so while watching. When that person is not in view, the
 * whole image tells why.
 *
 * @param {State} state
 */
function isPersonShown({ live: { step, isWhole, answer } }) {
  return step === "watch" && !isWhole && answer?.track?.statement.kind !== "not-in-view";
}

/**
 * Return where the followed face is; null if it is not found at the moment.
 *
 * @param {State} state
 * @returns {{ box: Box, size: Size } | null}
 */
function followedFace({ live: { answer } }) {
  const person = answer?.persons.find(({ number }) => number === answer.person);
  return answer && person ? { box: person.box, size: answer.size } : null;
}

/**
 * The followed face, with what is stated of it over time.
 *
 * @param {State} state
 * @returns {View | null}
 */
function cameraView({ live: { answer, step }, map }) {
  if (!answer?.assessment || step === "aim") return null;
  const { assessment, track, size } = answer;
  const statement = track?.statement ?? assessment;
  return { box: assessment.face.box, statement, size, map: mapOf(map, assessment) };
}

/**
 * The face of the result, in its image.
 *
 * @param {State} state
 * @returns {View | null}
 */
function checkedView({ live: { check }, map }) {
  if (!check?.frame) return null;
  const { assessment, picture } = check.frame;
  const [x0, y0, x1, y1] = picture.region;
  return {
    box: moved(assessment.face.box, -x0, -y0),
    statement: assessment,
    size: { width: x1 - x0, height: y1 - y0 },
    map: mapOf(map, withMovedMap(assessment, -x0, -y0)),
  };
}

/**
 * @param {Box} box
 * @param {number} x
 * @param {number} y
 * @returns {Box}
 */
function moved([x0, y0, x1, y1], x, y) {
  return [x0 + x, y0 + y, x1 + x, y1 + y];
}

/**
 * @param {Assessment} assessment
 * @param {number} x
 * @param {number} y
 * @returns {Assessment}
 */
function withMovedMap(assessment, x, y) {
  if (!assessment.heatmap) return assessment;
  const quad = /** @type {Quad} */ (
    assessment.heatmap.quad.map(([left, top]) => [left + x, top + y])
  );
  /** @type {Heatmap} */
  const heatmap = { ...assessment.heatmap, quad };
  return { ...assessment, heatmap };
}
