// Results read aloud: by the browser with voices of this machine only (other voices send the text to
// their vendor), or, if the browser has none in the language, by the machine that runs wince.

/** @import { Speech } from "./wording.js" */
/** @import { SpeechAvailability, SpeechRequest } from "../types.js" */

import { UserError, isDomError } from "../errors.js";

const VOICES_TIMEOUT = 1500; // milliseconds; some browsers list their voices only after a while
const WORDS_PER_MINUTE = 150; // usual rate of the machine that runs wince
const NOT_ALLOWED = "The browser needs a click before it speaks: press “Say again”.";
const NOT_PLAYED = "The browser could not play the voice, so nothing is spoken.";
const BROWSER_PREFIX = "browser:";
const HOST_PREFIX = "host:";

/**
 * How results are spoken: by a voice of the browser, by a voice of the machine that runs wince ("" for
 * its default voice), or not at all.
 *
 * @typedef {{ browserVoice?: SpeechSynthesisVoice, hostVoice?: string }} VoiceChoice
 */
/** @typedef {ReturnType<typeof createSpeaker>} Speaker */

/**
 * Return a speaker.
 *
 * @param {object} options
 * @param {import("./host_voice.js").HostVoice} options.hostVoice
 * @param {import("./wording.js").Languages} options.languages
 * @param {(message: string | null, info?: boolean) => void} options.onHint Called with why nothing is
 *   spoken or, as an information, who speaks; null for no hint.
 * @param {() => void} options.onVoicesChange Called when the voices may have changed.
 */
export function createSpeaker({ hostVoice, languages, onHint, onVoicesChange }) {
  const synthesis = window.speechSynthesis;
  let settings = { voice: "", speed: 1 };
  /** @type {VoiceChoice | null} */
  let choice = null; // null while it is not known
  let timedOut = false; // whether the browser has had time to list its voices
  let searches = 0; // counts them, so that a late answer is recognised
  /** @type {Speech | null} */
  let waiting = null; // what to speak once the voice is known
  let muted = false;
  /** @type {SpeechSynthesisUtterance | null} */
  let utterance = null; // referenced, because some browsers drop an utterance without references

  /** Find out how to speak in the language. */
  async function chooseVoice() {
    searches += 1;
    const search = searches;
    const voices = browserVoices();
    const selected = voices.find(({ name }) => settings.voice === BROWSER_PREFIX + name);
    if (settings.voice.startsWith(HOST_PREFIX)) {
      setChoice({ hostVoice: settings.voice.slice(HOST_PREFIX.length) });
    } else if (voices.length) {
      setChoice({
        browserVoice: selected ?? voices.find((voice) => voice.default) ?? voices[0],
      });
    } else {
      choice = null; // the browser may still list its voices
      if (timedOut) {
        const availability = await hostVoice.availability().catch(unavailable);
        if (search === searches) chooseHostVoice(availability);
      }
    }
    onVoicesChange();
  }

  /**
   * @param {VoiceChoice} newChoice
   * @param {string | null} [hint]
   * @param {boolean} [info]
   */
  function setChoice(newChoice, hint = null, info = false) {
    choice = newChoice;
    onHint(hint, info);
    if (waiting) speak(waiting);
    waiting = null;
  }

  /** @param {SpeechAvailability} availability */
  function chooseHostVoice({ available, detail, voices }) {
    const { code } = languages.current();
    if (!available) setChoice({}, `${noBrowserVoice()} ${detail}`);
    else if (voices[code].length) setChoice({ hostVoice: "" }, hostSpeaks(), true);
    else setChoice({}, `${noBrowserVoice()} The machine that runs wince has none either.`);
  }

  function noBrowserVoice() {
    const { code, english } = languages.current();
    return `This browser has no ${code === "en" ? "" : `${english} `}voice of its own.`;
  }

  function hostSpeaks() {
    if (settings.voice) return null;
    return `${noBrowserVoice()} The machine that runs wince speaks in its place.`;
  }

  function browserVoices(code = languages.current().code) {
    const language = new RegExp(`^${code}\\b`, "i");
    const voices = synthesis?.getVoices() ?? [];
    return voices.filter(({ localService, lang }) => localService && language.test(lang));
  }

  /** @param {Speech} speech */
  function speak(speech) {
    if (muted) return;
    if (choice === null) {
      waiting = speech;
      return;
    }
    stop();
    // What has no translation is in English in every language, and needs an English voice.
    const { language } = speech.request;
    const translated = language === languages.current().code;
    const voice = translated ? choice.browserVoice : browserVoices(language)[0];
    if (voice) speakInBrowser(speech.text, voice);
    else if (choice.hostVoice !== undefined) {
      speakOnHost(speech.request, translated ? choice.hostVoice : "");
    }
  }

  /**
   * @param {string} text
   * @param {SpeechSynthesisVoice} voice
   */
  function speakInBrowser(text, voice) {
    utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = voice;
    utterance.lang = voice.lang;
    utterance.rate = settings.speed;
    utterance.onstart = () => onHint(null);
    utterance.onerror = (event) => {
      if (event.error === "not-allowed") onHint(NOT_ALLOWED);
    };
    synthesis.speak(utterance);
  }

  /**
   * @param {SpeechRequest} request
   * @param {string} voice
   */
  async function speakOnHost(request, voice) {
    const rate = Math.round(WORDS_PER_MINUTE * settings.speed);
    try {
      await hostVoice.speak({ ...request, rate, ...(voice && { voice }) });
      onHint(hostSpeaks(), true);
    } catch (error) {
      if (isDomError(error)) return; // stopped
      if (isDomError(error, "NotAllowedError")) onHint(NOT_ALLOWED);
      else onHint(error instanceof UserError ? error.message : NOT_PLAYED);
    }
  }

  function stop() {
    waiting = null;
    synthesis?.cancel();
    hostVoice.stop();
  }

  synthesis?.addEventListener?.("voiceschanged", chooseVoice);
  languages.onChange(() => {
    stop();
    settings.voice = "";
    chooseVoice();
  });
  chooseVoice();
  setTimeout(
    () => {
      timedOut = true;
      if (choice === null) chooseVoice();
    },
    synthesis ? VOICES_TIMEOUT : 0,
  );

  return {
    speak,
    stop,
    /** @param {boolean} on */
    mute(on) {
      muted = on;
      if (on) stop();
    },
    /**
     * Change the voice or the speed.
     *
     * @param {{ voice?: string, speed?: number }} changes voice: a value of `voices()`, or "" for the
     *   best voice; speed: 1 is the usual speed.
     */
    configure(changes) {
      settings = { ...settings, ...changes };
      chooseVoice();
    },
    /** Return the voices in the language, of the browser and of the machine that runs wince. */
    async voices() {
      const { available, voices } = await hostVoice.availability().catch(unavailable);
      const hostVoices = available ? voices[languages.current().code] : [];
      return {
        browser: browserVoices().map(({ name }) => ({ name, value: BROWSER_PREFIX + name })),
        host: hostVoices.map((name) => ({ name, value: HOST_PREFIX + name })),
      };
    },
  };
}

/**
 * @param {unknown} error
 * @returns {SpeechAvailability}
 */
function unavailable(error) {
  return { available: false, detail: error instanceof Error ? error.message : "", voices: {} };
}
