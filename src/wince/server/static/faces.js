// Several faces in one photo: marks the one that was assessed, with a button on each other one.

/** @import { Assessment, Box, Size } from "./types.js" */

import { create } from "./dom.js";

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
      const { boxes = [], index = 0 } = assessment?.face ?? {};
      const focused = [...root.children].findIndex((child) => child === document.activeElement);
      root.hidden = boxes.length < 2 || !size.width;
      root.replaceChildren(
        ...(root.hidden ? [] : boxes.map((box, number) => createButton(box, number, index, size))),
      );
      const button = root.children[focused];
      if (button instanceof HTMLElement) button.focus({ preventScroll: true });
    },
  };

  /**
   * @param {Box} box
   * @param {number} number
   * @param {number} assessed Index of the face that was assessed.
   * @param {Size} size
   */
  function createButton([x0, y0, x1, y1], number, assessed, { width, height }) {
    const button = create("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(number === assessed));
    const name = `Face ${number + 1}`;
    button.append(create("span", "", name));
    button.setAttribute(
      "aria-label",
      number === assessed ? `${name}, assessed` : `${name}: assess this one`,
    );
    const [left, top] = [Math.max(0, x0 / width), Math.max(0, y0 / height)];
    button.style.left = `${100 * left}%`;
    button.style.top = `${100 * top}%`;
    button.style.width = `${100 * (Math.min(1, x1 / width) - left)}%`;
    button.style.height = `${100 * (Math.min(1, y1 / height) - top)}%`;
    button.addEventListener("click", () => number === assessed || onChoose(number));
    return button;
  }
}
