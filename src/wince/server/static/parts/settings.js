// The dialog with the settings: what is spoken, what counts as a level over time, and the camera.

/** @import { Settings, State } from "../state.js" */
/** @import { Scale } from "../types.js" */

import { byId, create, find, setText } from "../dom.js";
import { isPspi } from "../levels.js";
import { number, t } from "../texts.js";

/** @typedef {{ name: string, value: string }} VoiceOption */

const CHECKBOXES = /** @type {const} */ ([
  "sayPercent",
  "sayAdvice",
  "promptSound",
  "lossSound",
  "mirrored",
]);
const NUMBERS = /** @type {const} */ (["smoothing", "hold", "margin", "promptSeconds"]);

/**
 * Connect the dialog and the buttons that open it and mute the voice.
 *
 * @param {Scale} scale
 * @param {object} actions
 * @param {(change: Partial<Settings>) => void} actions.set
 * @param {() => Promise<{ browser: VoiceOption[], host: VoiceOption[] }>} actions.getVoices
 */
export function createSettings(scale, { set, getVoices }) {
  const dialog = byId("settings", HTMLDialogElement);
  const form = find(dialog, "form", HTMLFormElement);
  const voice = find(form, "[name=voice]", HTMLSelectElement);
  const speed = find(form, "[name=speed]", HTMLInputElement);
  const mute = byId("mute");
  /** @param {string} name */
  const field = (name) => find(form, `[name=${name}]`, HTMLInputElement);
  let isMuted = false;
  let wantedVoice = "";

  byId("open-settings").addEventListener("click", () => {
    dialog.showModal();
    refreshVoices();
  });
  mute.addEventListener("click", () => set({ muted: !isMuted }));
  find(form, ".settings-close").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", (event) => {
    event.preventDefault(); // Enter in a field must not load the page again
    dialog.close();
  });
  voice.addEventListener("change", () => set({ voice: voice.value }));
  speed.addEventListener("input", () => set({ speed: Number(speed.value) }));
  for (const name of CHECKBOXES) {
    field(name).addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement) set({ [name]: target.checked });
    });
  }
  for (const name of NUMBERS) {
    const input = field(name);
    input.addEventListener("change", () => {
      if (input.reportValidity()) set({ [name]: input.valueAsNumber });
    });
  }

  /** List the voices again. The engine is asked for its voices only while they are shown. */
  async function refreshVoices() {
    if (!dialog.open) return;
    listVoices([], []);
    const { browser, host } = await getVoices();
    listVoices(browser, host);
  }

  /**
   * @param {VoiceOption[]} browser
   * @param {VoiceOption[]} host
   */
  function listVoices(browser, host) {
    const best = new Option(t("settings.voice-best"), "");
    voice.replaceChildren(
      best,
      ...optionGroup(t("settings.voices-browser"), browser),
      ...optionGroup(t("settings.voices-host"), host),
    );
    voice.value = wantedVoice;
    if (voice.selectedIndex < 0) voice.value = "";
  }

  /** @param {State} state */
  function draw({ settings }) {
    isMuted = settings.muted;
    mute.setAttribute("aria-pressed", String(isMuted));
    for (const name of CHECKBOXES) field(name).checked = settings[name];
    for (const name of NUMBERS) {
      const input = field(name);
      if (input !== document.activeElement) input.value = String(settings[name]);
    }
    speed.value = String(settings.speed);
    const value = number(settings.speed, { minimumFractionDigits: 1 });
    setText(find(form, "output"), t("settings.speed-value", { value }));
    wantedVoice = settings.voice;
    const note = isPspi(scale) ? "settings.prompt-note" : "settings.prompt-note-other";
    setText(find(form, ".prompt-note"), t(note));
  }
  return { draw, refreshVoices };
}

/**
 * @param {string} label
 * @param {VoiceOption[]} voices
 */
function optionGroup(label, voices) {
  if (!voices.length) return [];
  const group = create("optgroup");
  group.label = label;
  group.append(...voices.map(({ name, value }) => new Option(name, value)));
  return [group];
}
