// The comparison with the person's neutral face, and the controls that set it.

/** @import { Change, NeutralFace, Scale } from "../types.js" */
/** @import { NeutralTask } from "../state.js" */

import { find, fromTemplate, setText } from "../dom.js";
import { problemText } from "../errors.js";
import { points } from "../levels.js";
import { number, t } from "../texts.js";

/**
 * @typedef {object} NeutralView
 * @property {NeutralFace | null} neutral
 * @property {NeutralTask | null} neutralTask
 * @property {boolean} hasFrames Whether frames come in, from which the neutral face can be taken;
 *   otherwise it is taken from the assessment in view.
 *
 * @typedef {object} NeutralActions
 * @property {() => void} take Take the assessment in view.
 * @property {() => void} collect Take the next frames.
 * @property {(photos: File[]) => void} read
 * @property {() => void} takeAnyway Take what was refused because it shows an expression.
 * @property {() => void} clear
 */

/**
 * Add the comparison to `root`.
 *
 * @param {HTMLElement} root
 * @param {Scale} scale
 * @param {NeutralActions} actions
 */
export function createNeutralControls(root, scale, actions) {
  const panel = fromTemplate("neutral-template");
  root.append(panel);
  const [set, choose, anyway, clear] = ["set", "choose", "anyway", "clear"].map((name) =>
    find(panel, `.neutral-${name}`, HTMLButtonElement),
  );
  const files = find(panel, ".neutral-files", HTMLInputElement);
  let hasFrames = false;
  set.addEventListener("click", () => (hasFrames ? actions.collect() : actions.take()));
  choose.addEventListener("click", () => files.click());
  files.addEventListener("change", () => {
    const photos = [...(files.files ?? [])];
    files.value = ""; // so that the same photos can be chosen again
    if (photos.length) actions.read(photos);
  });
  anyway.addEventListener("click", () => {
    actions.takeAnyway();
    set.focus(); // the button that had the focus disappears
  });
  clear.addEventListener("click", () => {
    actions.clear();
    set.focus();
  });

  /**
   * @param {NeutralView} view
   * @param {Change | null} change
   */
  return (view, change) => {
    hasFrames = view.hasFrames;
    drawChange(panel, scale, view.neutral, change);
    setText(find(panel, ".neutral-state"), stateText(view));
    setText(set, t(hasFrames ? "neutral.collect" : "neutral.take"));
    set.disabled = view.neutralTask?.kind === "collecting";
    clear.hidden = !view.neutral;
    anyway.hidden = !(view.neutralTask?.kind === "refused" && view.neutralTask.canTakeAnyway);
  };
}

/** @param {NeutralView} view */
function stateText({ neutral, neutralTask: task }) {
  if (task?.kind === "refused") return problemText(task.problem);
  if (task) return t(`neutral.${task.kind}`);
  return neutral ? t("neutral.set", { count: neutral.images }) : t("neutral.none");
}

/**
 * Draw the result on its own scale: points above the neutral face.
 *
 * @param {HTMLElement} panel
 * @param {Scale} scale
 * @param {NeutralFace | null} neutral
 * @param {Change | null} change
 */
function drawChange(panel, scale, neutral, change) {
  const above = change ? `+${points(scale, change.score)}` : "–";
  setText(find(panel, ".change-number"), neutral ? above : "");
  find(panel, ".change").classList.toggle("unscored", !change);
  find(panel, ".change .meter-fill").style.width =
    `${(100 * (change?.score ?? 0)) / (scale.maximum - scale.minimum)}%`;
  setText(
    find(panel, ".change-text"),
    change
      ? t("neutral.points", { count: change.score, points: points(scale, change.score) })
      : t(neutral ? "neutral.no-score" : "neutral.how"),
  );
}
