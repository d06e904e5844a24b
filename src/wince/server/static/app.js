// The page, put together.

import { Problem, getModel, getScale } from "./api.js";
import { createNeutralFace } from "./neutral.js";
import { createLanguages } from "./languages.js";
import { createLive } from "./live.js";
import { fillModel } from "./model.js";
import { createResult } from "./result.js";
import { createSpareVoice } from "./spare_voice.js";
import { createSpeaker } from "./speech.js";
import { createTabs } from "./tabs.js";
import { createUpload } from "./upload.js";
import { createVoiceSettings } from "./voice_settings.js";

const byId = (id) => document.getElementById(id);

function announce(languages, assessment) {
  const announcer = byId("announcer");
  announcer.textContent = "";
  // Emptied first, so that the same sentence twice is read twice.
  requestAnimationFrame(() => languages.putSentence(announcer, assessment));
}

function showHint(sentence, calm = false) {
  byId("voice-hint").textContent = sentence ?? "";
  byId("voice-hint").classList.toggle("calm", calm);
  byId("voice-hint").hidden = !sentence;
}

function statePrivacy() {
  const here = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  const sentence = here
    ? "Pictures never leave this machine, and nothing is stored."
    : `Pictures go to ${location.hostname}, which runs wince, and nowhere else; nothing is stored.`;
  for (const place of document.querySelectorAll(".privacy")) place.textContent = sentence;
}

function createVoice(languages) {
  let settings = null;
  const speaker = createSpeaker({
    languages,
    spare: createSpareVoice(byId("voice")),
    onHint: showHint,
    onVoices: () => settings?.refresh(),
  });
  settings = createVoiceSettings(speaker, languages);
  const mute = byId("mute");
  const pressed = () => mute.getAttribute("aria-pressed") === "true";
  mute.addEventListener("click", () => {
    mute.setAttribute("aria-pressed", String(!pressed()));
    speaker.mute(pressed());
  });
  const wishes = () => ({ percent: byId("say-percent").checked, advice: byId("say-advice").checked });
  const again = (assessment) => speaker.say(languages.wordsFor(assessment, wishes()));
  return {
    tell(assessment) {
      again(assessment);
      announce(languages, assessment);
    },
    again,
    hush: () => speaker.hush(),
    /** Speak nothing while `on`; afterwards as the mute button says. */
    rest: (on) => speaker.mute(on || pressed()),
  };
}

async function start() {
  statePrivacy();
  const facts = await getScale();
  const languages = createLanguages(facts);
  const voice = createVoice(languages);
  const card = (id, waitingText) =>
    createResult(byId(id), facts, { languages, waitingText, onSayAgain: voice.again });
  const neutral = createNeutralFace();
  let live = null;
  const tabs = createTabs(document.querySelector('[role="tablist"]'), () => {
    voice.hush();
    live.stop();
  });
  createUpload({
    facts,
    neutral,
    result: card("upload-result"),
    onResult: voice.tell,
    onProblem: voice.hush,
    active: () => !byId("panel-upload").hidden,
    activate: () => tabs.choose("tab-upload"),
  });
  live = createLive({
    facts,
    languages,
    neutral,
    result: card(
      "live-result",
      "It follows the face as it changes. A level is spoken once it has held for two seconds.",
    ),
    onLevel: voice.tell,
    onProblem: voice.hush,
    onQuiet: voice.rest,
  });
  document.documentElement.dataset.ready = "true";
  fillModel(await getModel());
}

start().catch((error) => {
  const sentence = error instanceof Problem ? error.message : "The page failed; please load it again.";
  showHint(sentence);
  throw error;
});
