// Several faces or persons in an image: a button over each one, to choose it.

/** @import { Box, Size } from "../types.js" */

import { create, setText } from "../dom.js";
import { t } from "../texts.js";

/**
 * @typedef {object} FaceButton
 * @property {number} id What `onChoose` is called with.
 * @property {Box} box In pixels of the image.
 * @property {boolean} isChosen
 * @property {boolean} [isUsable] Whether the face can be judged; true if left out.
 */

/**
 * Add buttons to `root`, which lies over the image. A face keeps its button, and so the focus.
 *
 * @param {HTMLElement} root
 * @param {(id: number) => void} onChoose
 */
export function createFaceButtons(root, onChoose) {
  /** @type {Map<number, ReturnType<typeof createButton>>} */
  const buttons = new Map();

  /**
   * @param {FaceButton[]} faces
   * @param {Size | null} size Of the image.
   * @param {{ isMirrored?: boolean, isOffered?: boolean }} [options] isOffered: whether there are
   *   buttons for one face too; otherwise one face needs no choice.
   */
  return (faces, size, { isMirrored = false, isOffered = faces.length > 1 } = {}) => {
    const shown = isOffered && size?.width ? faces : [];
    root.hidden = !shown.length;
    for (const [id, { button }] of buttons) {
      if (shown.some((face) => face.id === id)) continue;
      button.remove();
      buttons.delete(id);
    }
    shown.forEach((face, index) => {
      const button = buttons.get(face.id) ?? createButton(face.id);
      buttons.set(face.id, button);
      button.draw(face, index, /** @type {Size} */ (size), isMirrored);
    });
  };

  /** @param {number} id */
  function createButton(id) {
    const button = create("button");
    button.type = "button";
    const name = create("span");
    button.append(name);
    button.addEventListener("click", () => {
      if (button.ariaPressed !== "true") onChoose(id);
    });
    root.append(button);
    /**
     * @param {FaceButton} face
     * @param {number} index
     * @param {Size} size
     * @param {boolean} isMirrored
     */
    function draw({ box, isChosen, isUsable = true }, index, size, isMirrored) {
      const values = { number: index + 1 };
      setText(name, t("faces.name", values));
      button.setAttribute("aria-pressed", String(isChosen));
      const key = `faces.${isChosen ? "chosen" : "choose"}${isUsable ? "" : "-unusable"}`;
      const label = t(key, values);
      if (button.ariaLabel !== label) button.ariaLabel = label;
      place(button, box, size, isMirrored);
    }
    return { button, draw };
  }
}

/**
 * Lay a button over a box of the image.
 *
 * @param {HTMLElement} button
 * @param {Box} box
 * @param {Size} size
 * @param {boolean} isMirrored
 */
function place(button, [x0, y0, x1, y1], { width, height }, isMirrored) {
  const [start, end] = isMirrored ? [width - x1, width - x0] : [x0, x1];
  const [left, top] = [Math.max(0, start / width), Math.max(0, y0 / height)];
  button.style.left = `${100 * left}%`;
  button.style.top = `${100 * top}%`;
  button.style.width = `${100 * (Math.min(1, end / width) - left)}%`;
  button.style.height = `${100 * (Math.min(1, y1 / height) - top)}%`;
}
