// The quiet mode for the bedside: a dark page with the level in large letters, and no sound.

/** @import { Scale, Track } from "../types.js" */

import { find } from "../dom.js";
import { SHAPES, shownScore } from "../levels.js";
import { formatDuration } from "../session/session.js";

/**
 * Connect the dialog with the button that opens it.
 *
 * @param {HTMLDialogElement} dialog
 * @param {HTMLElement} button
 * @param {object} options
 * @param {Scale} options.scale
 * @param {import("../speech/wording.js").Languages} options.languages
 * @param {(on: boolean) => void} options.onChange Called when the mode begins and ends.
 */
export function createQuietMode(dialog, button, { scale, languages, onChange }) {
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
    // Without new frames nothing is stated: an old level is no statement about now.
    const statement = trouble ? null : (track?.statement ?? null);
    const level = statement?.level ?? null;
    dialog.dataset.level = level ?? "";
    find(dialog, ".bedside-shape", SVGElement).toggleAttribute("hidden", level === null);
    let score = "";
    if (statement && statement.level !== null) {
      find(dialog, ".bedside-shape path", SVGElement).setAttribute("d", SHAPES[statement.level]);
      languages.showStatedTitle(word, statement);
      score = `PSPI ${shownScore(scale, statement.pspi)}`;
    } else if (statement) {
      languages.showState(word, statement.kind);
    } else {
      word.textContent = trouble ? "Not watching" : "Waiting for a face";
      for (const name of ["lang", "dir"]) word.removeAttribute(name);
    }
    find(dialog, ".bedside-score").textContent = score;
    find(dialog, ".bedside-note").textContent = trouble ?? noteOf(statement);
    dialog.classList.toggle("stale", level === null);
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

/**
 * Return why there is no level, and since when.
 *
 * @param {Track["statement"] | null} statement
 */
function noteOf(statement) {
  if (!statement || statement.level !== null || statement.kind === "changing") return "";
  const { age, reasons } = statement;
  const since = age === null ? [] : [`Last seen ${formatDuration(age)} ago.`];
  return [...Object.values(reasons), ...since].join(" ");
}
