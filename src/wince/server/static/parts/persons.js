// Several persons before the camera: a button for each one who is in view and not followed.

/** @import { PersonInView } from "../types.js" */

import { create } from "../dom.js";

/**
 * Show buttons in `root`.
 *
 * @param {HTMLElement} root
 * @param {(number: number) => void} onChoose
 */
export function createPersonButtons(root, onChoose) {
  let shown = "";
  return {
    /**
     * Offer the persons of an answer. Nothing changes, and no button loses the focus, while they
     * are the same.
     *
     * @param {number | null} followed
     * @param {PersonInView[]} persons
     */
    show(followed, persons) {
      const others = persons.map(({ number }) => number).filter((number) => number !== followed);
      others.sort((a, b) => a - b);
      const state = `${followed}: ${others}`;
      if (state === shown) return;
      shown = state;
      root.hidden = followed === null || !others.length;
      if (root.hidden) return;
      const text = `Person ${followed} is followed. In view too:`;
      root.replaceChildren(create("span", "", text), ...others.map(createButton));
    },
  };

  /** @param {number} number */
  function createButton(number) {
    const button = create("button", "", `Follow person ${number}`);
    button.type = "button";
    button.addEventListener("click", () => onChoose(number));
    return button;
  }
}
