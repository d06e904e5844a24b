// Several faces in one photo: marks the one that was assessed, with a button on each other one.

/** @import { Assessment, Face, Size } from "../types.js" */

import { create } from "../dom.js";

/**
 * Add buttons to `root`, which lies over the photo.
 *
 * @param {HTMLElement} root
 * @param {(index: number) => void} onChoose
 */
export function createFaceButtons(root, onChoose) {
  return {
    /**
     * Show the faces of an assessment. One face needs no choice.
     *
     * @param {Assessment | null} assessment
     * @param {Size} size Size of the photo.
     */
    show(assessment, size) {
      const faces = assessment?.faces ?? [];
      const assessed = assessment?.face.index ?? 0;
      const focused = [...root.children].findIndex((child) => child === document.activeElement);
      root.hidden = faces.length < 2 || !size.width;
      root.replaceChildren(
        ...(root.hidden ? [] : faces.map((face) => createButton(face, assessed, size))),
      );
      const button = root.children[focused];
      if (button instanceof HTMLElement) button.focus({ preventScroll: true });
    },
  };

  /**
   * @param {Face} face
   * @param {number} assessed Index of the face that was assessed.
   * @param {Size} size
   */
  function createButton({ box: [x0, y0, x1, y1], index, usable }, assessed, { width, height }) {
    const button = create("button");
    button.type = "button";
    const name = `Face ${index + 1}`;
    button.append(create("span", "", name));
    const judged = usable ? "" : ", cannot be judged";
    const isAssessed = index === assessed;
    const action = usable ? "assess this one" : "show why";
    button.setAttribute("aria-pressed", String(isAssessed));
    button.setAttribute(
      "aria-label",
      isAssessed ? `${name}${judged || ", assessed"}` : `${name}${judged}: ${action}`,
    );
    const [left, top] = [Math.max(0, x0 / width), Math.max(0, y0 / height)];
    button.style.left = `${100 * left}%`;
    button.style.top = `${100 * top}%`;
    button.style.width = `${100 * (Math.min(1, x1 / width) - left)}%`;
    button.style.height = `${100 * (Math.min(1, y1 / height) - top)}%`;
    button.addEventListener("click", () => isAssessed || onChoose(index));
    return button;
  }
}
