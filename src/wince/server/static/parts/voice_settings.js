// Settings of what is read aloud: language, voice and speed.

/** @import { Language } from "../types.js" */

import { byId, create } from "../dom.js";

/**
 * Connect the settings with the button that shows them.
 *
 * @param {import("../speech/speaker.js").Speaker} speaker
 * @param {import("../speech/wording.js").Languages} languages
 */
export function createVoiceSettings(speaker, languages) {
  const [button, panel] = [byId("voice-settings"), byId("voice-panel")];
  const language = byId("language", HTMLSelectElement);
  const voice = byId("voice-choice", HTMLSelectElement);
  const speed = byId("speed", HTMLInputElement);
  language.append(...languages.all.map(languageOption));
  language.value = languages.current().code;

  async function refresh() {
    if (panel.hidden) return; // the server is not asked for its voices unless they are shown
    const selected = voice.value;
    const { browser, host } = await speaker.voices();
    voice.replaceChildren(
      new Option("The best available voice", ""),
      ...optionGroup("This browser", browser),
      ...optionGroup("The machine that runs wince", host),
    );
    voice.value = [...voice.options].some(({ value }) => value === selected) ? selected : "";
  }

  function updateAdvice() {
    const { advice } = languages.current();
    byId("say-advice", HTMLInputElement).disabled = !advice;
    byId("advice-language").hidden = advice;
  }

  button.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    refresh();
  });
  language.addEventListener("change", () => {
    voice.value = ""; // before the language changes, because a voice belongs to one language
    languages.choose(language.value);
  });
  voice.addEventListener("change", () => speaker.configure({ voice: voice.value }));
  speed.addEventListener("input", () => {
    byId("speed-value").textContent = `${Number(speed.value).toFixed(1)} ×`;
    speaker.configure({ speed: Number(speed.value) });
  });
  languages.onChange(updateAdvice);
  updateAdvice();

  return { refresh };
}

/** @param {Language} language */
function languageOption({ code, name, direction }) {
  const option = new Option(name, code);
  option.lang = code;
  option.dir = direction;
  return option;
}

/**
 * @param {string} label
 * @param {{ name: string, value: string }[]} voices
 */
function optionGroup(label, voices) {
  if (!voices.length) return [];
  const group = create("optgroup");
  group.label = label;
  group.append(...voices.map(({ name, value }) => new Option(name, value)));
  return [group];
}
