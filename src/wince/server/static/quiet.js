// The quiet mode for the bedside: a dark page with the level in large letters, and no sound.

import { SHAPES } from "./shapes.js";

/** Bring the dialog to life. languages: say the level; onChange(on): the mode has begun or ended. */
export function createQuiet(dialog, button, { languages, onChange }) {
  const find = (selector) => dialog.querySelector(selector);
  let awake = null;
  let shown = null;

  async function stayAwake() {
    // A screen that locks itself would end the watching; not every browser can prevent it.
    awake = await navigator.wakeLock?.request("screen").catch(() => null);
    if (!dialog.open) awake?.release();
  }

  function fill() {
    const level = shown?.track?.level ?? null;
    dialog.dataset.level = level ?? "";
    find(".bedside-shape").toggleAttribute("hidden", !level);
    if (level) find(".bedside-shape path").setAttribute("d", SHAPES[level]);
    const word = find(".bedside-word");
    if (level) languages.putTitle(word, level);
    else {
      word.textContent = "Waiting for a face";
      for (const name of ["lang", "dir"]) word.removeAttribute(name);
    }
    find(".bedside-score").textContent = level ? `PSPI ${shown.track.pspi.toFixed(1)}` : "";
    const away = shown?.track?.away > 0;
    find(".bedside-note").textContent = shown?.trouble ?? (away ? "No face in view." : "");
    dialog.classList.toggle("stale", Boolean(shown?.trouble || away));
  }

  button.addEventListener("click", () => {
    fill();
    dialog.showModal();
    onChange(true);
    stayAwake();
  });
  find(".bedside-end").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    awake?.release();
    awake = null;
    onChange(false);
  });

  return {
    /** Show what stands: the track, or null; trouble: why nothing new comes. */
    show(track, trouble = null) {
      shown = { track, trouble };
      if (dialog.open) fill();
    },
    end: () => dialog.open && dialog.close(),
  };
}
