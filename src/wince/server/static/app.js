// The page: creates its parts and connects them.

/** @import { Wording } from "./types.js" */
/** @import { Languages } from "./speech/wording.js" */

import { getModel, getScale } from "./engine/http.js";
import { byId } from "./dom.js";
import { userMessage } from "./errors.js";
import { createHostVoice } from "./speech/host_voice.js";
import { createLanguages } from "./speech/wording.js";
import { createLive } from "./flows/live.js";
import { fillModelFacts } from "./parts/about.js";
import { createNeutralFace } from "./parts/neutral.js";
import { createResultCard } from "./parts/result_card.js";
import { createSpeaker } from "./speech/speaker.js";
import { createTabs } from "./parts/tabs.js";
import { createUpload } from "./flows/upload.js";
import { createVoiceSettings } from "./parts/voice_settings.js";

let nextAnnouncement = 0;

/**
 * Let screen readers read a result.
 *
 * @param {Languages} languages
 * @param {Wording} statement
 */
function announce(languages, statement) {
  clearAnnouncement();
  // It is emptied first, so that the same sentence twice is read twice.
  nextAnnouncement = requestAnimationFrame(() =>
    languages.showSentence(byId("announcer"), statement),
  );
}

function clearAnnouncement() {
  cancelAnimationFrame(nextAnnouncement);
  byId("announcer").textContent = "";
}

/**
 * Show a message about the voice.
 *
 * @param {string | null} message
 * @param {boolean} [info] Whether it is an information and not a warning.
 */
function showHint(message, info = false) {
  const hint = byId("voice-hint");
  hint.textContent = message ?? "";
  hint.classList.toggle("info", info);
  hint.hidden = !message;
}

function showPrivacy() {
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  const text = local
    ? "Photos never leave this machine, and nothing is stored."
    : `Photos go to ${location.hostname}, which runs wince, and nowhere else; nothing is stored.`;
  for (const element of document.querySelectorAll(".privacy")) element.textContent = text;
}

/**
 * Create the speaker with its controls.
 *
 * @param {Languages} languages
 */
function createVoice(languages) {
  /** @type {ReturnType<typeof createVoiceSettings> | null} */
  let settings = null;
  const speaker = createSpeaker({
    languages,
    hostVoice: createHostVoice(byId("voice", HTMLAudioElement)),
    onHint: showHint,
    onVoicesChange: () => settings?.refresh(),
  });
  settings = createVoiceSettings(speaker, languages);
  const muteButton = byId("mute");
  const isMuted = () => muteButton.getAttribute("aria-pressed") === "true";
  muteButton.addEventListener("click", () => {
    muteButton.setAttribute("aria-pressed", String(!isMuted()));
    speaker.mute(isMuted());
  });
  /** @param {Wording} statement */
  function speak(statement) {
    const percent = byId("say-percent", HTMLInputElement).checked;
    const advice = byId("say-advice", HTMLInputElement).checked;
    speaker.speak(languages.speechFor(statement, { percent, advice }));
  }
  return {
    speak,
    /** Stop speaking, and take back what screen readers could still read. */
    stop() {
      speaker.stop();
      clearAnnouncement();
    },
    /**
     * Speak a result, and let screen readers read it.
     *
     * @param {Wording} statement
     */
    announce(statement) {
      speak(statement);
      announce(languages, statement);
    },
    /**
     * Speak nothing while `on`; afterwards the mute button decides.
     *
     * @param {boolean} on
     */
    setQuiet: (on) => speaker.mute(on || isMuted()),
  };
}

async function start() {
  showPrivacy();
  const scale = await getScale();
  const languages = createLanguages(scale);
  const voice = createVoice(languages);
  const neutral = createNeutralFace();
  /**
   * @param {string} id
   * @param {string} [waitingText]
   */
  const createCard = (id, waitingText) =>
    createResultCard(byId(id), scale, { languages, waitingText, onSayAgain: voice.speak });
  const live = createLive({
    scale,
    languages,
    neutral,
    result: createCard(
      "live-result",
      "It follows the face as it changes. A level is spoken once it has lasted for a second.",
    ),
    onLevel: voice.announce,
    onProblem: voice.stop,
    onQuietMode: voice.setQuiet,
  });
  const tabs = createTabs(byId("tabs"), () => {
    voice.stop();
    live.stop();
  });
  createUpload({
    scale,
    neutral,
    result: createCard("upload-result"),
    onResult: voice.announce,
    onNoResult: voice.stop,
    isActive: () => !byId("panel-upload").hidden,
    activate: () => tabs.select("tab-upload"),
  });
  document.documentElement.dataset.ready = "true";
  fillModelFacts(await getModel());
}

start().catch((error) => {
  showHint(userMessage(error));
  throw error;
});
