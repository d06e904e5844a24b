// Language, voice and speed of what is read aloud.

const byId = (id) => document.getElementById(id);

/** Bring the settings to life; they fold out below the button. */
export function createVoiceSettings(speaker, languages) {
  const [button, panel, language, voice, speed] =
    ["voice-settings", "voice-panel", "language", "voice-choice", "speed"].map(byId);
  language.append(...languages.all.map(languageOption));
  language.value = languages.current().code;

  async function refresh() {
    if (panel.hidden) return; // nobody asks for the other machine's voices unless they are shown
    const before = voice.value;
    const { here, there } = await speaker.voices();
    voice.replaceChildren(
      new Option("The best there is", ""),
      ...group("This browser", "here", here),
      ...group("The machine that runs wince", "there", there),
    );
    voice.value = [...voice.options].some((one) => one.value === before) ? before : "";
  }

  function fitAdvice() {
    const { advice } = languages.current();
    byId("say-advice").disabled = !advice;
    byId("advice-language").hidden = advice;
  }

  button.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    refresh();
  });
  language.addEventListener("change", () => {
    voice.value = ""; // before the choice: a voice is of one language
    languages.choose(language.value);
  });
  voice.addEventListener("change", () => speaker.wish({ voice: voice.value }));
  speed.addEventListener("input", () => {
    byId("speed-value").textContent = `${Number(speed.value).toFixed(1)} ×`;
    speaker.wish({ speed: Number(speed.value) });
  });
  languages.onChange(fitAdvice);
  fitAdvice();

  return { refresh };
}

function languageOption({ code, name, direction }) {
  const option = new Option(name, code);
  option.lang = code;
  option.dir = direction;
  return option;
}

function group(label, kind, names) {
  if (!names.length) return [];
  const made = document.createElement("optgroup");
  made.label = label;
  made.append(...names.map((name) => new Option(name, `${kind}:${name}`)));
  return [made];
}
