// The quiet mode for the bedside: a dark page with the level in large letters, and no sound.

/** @import { Track } from "./types.js" */

import { find } from "./dom.js";
import { SHAPES } from "./levels.js";

/**
 * Connect the dialog with the button that opens it.
 *
 * @param {HTMLDialogElement} dialog
 * @param {HTMLElement} button
 * @param {object} options
 * @param {import("./languages.js").Languages} options.languages
 * @param {(on: boolean) => void} options.onChange Called when the mode begins and ends.
 */
export function createQuietMode(dialog, button, { languages, onChange }) {
  /** @type {WakeLockSentinel | null} */
  let wakeLock = null;
  /** @type {Track | null} */
  let track = null;
  /** @type {string | null} */
  let trouble = null;

  async function keepAwake() {
    // A screen that locks itself would end the live view. Not every browser can prevent that.
    wakeLock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
    if (!dialog.open) wakeLock?.release();
  }

  function fill() {
    const word = find(dialog, ".bedside-word");
    dialog.dataset.level = track?.level ?? "";
    find(dialog, ".bedside-shape", SVGElement).toggleAttribute("hidden", !track);
    if (track) {
      find(dialog, ".bedside-shape path", SVGElement).setAttribute("d", SHAPES[track.level]);
      languages.showTitle(word, track.level);
    } else {
      word.textContent = "Waiting for a face";
      for (const name of ["lang", "dir"]) word.removeAttribute(name);
    }
    find(dialog, ".bedside-score").textContent = track ? `PSPI ${track.pspi.toFixed(1)}` : "";
    const noFace = track !== null && track.away > 0;
    find(dialog, ".bedside-note").textContent = trouble ?? (noFace ? "No face in view." : "");
    dialog.classList.toggle("stale", Boolean(trouble) || noFace);
  }

  button.addEventListener("click", () => {
    fill();
    dialog.showModal();
    onChange(true);
    keepAwake();
  });
  find(dialog, ".bedside-end").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    wakeLock?.release();
    wakeLock = null;
    onChange(false);
  });

  return {
    /**
     * Show the track.
     *
     * @param {Track | null} newTrack
     * @param {string | null} [newTrouble] Why no new answers come.
     */
    show(newTrack, newTrouble = null) {
      track = newTrack;
      trouble = newTrouble;
      if (dialog.open) fill();
    },
    /** End the mode. */
    end() {
      if (dialog.open) dialog.close();
    },
  };
}
