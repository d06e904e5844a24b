// Results read aloud: by the browser with voices of this machine only (other voices send the text to
// their vendor), or, if the browser has none in the language, by the machine that runs wince.

/** @import { Speech } from "./wording.js" */
/** @import { SpeechAvailability, SpeechRequest } from "../types.js" */
/** @import { Hint } from "../state.js" */
/** @import { Problem } from "../errors.js" */

import { UserError, isDomError } from "../errors.js";
import { hasText, language } from "../texts.js";

const VOICES_TIMEOUT = 1500; // milliseconds; some browsers list their voices only after a while
const WORDS_PER_MINUTE = 150; // usual rate of the machine that runs wince
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
 * @param {(hint: Hint | null) => void} options.onHint Called with why nothing is spoken or, as an
 *   information, who speaks; null for no hint.
 * @param {() => void} options.onVoicesChange Called when the voices may have changed.
 */
export function createSpeaker({ hostVoice, onHint, onVoicesChange }) {
  const synthesis = window.speechSynthesis;
  let settings = { voice: "", speed: 1 };
  /** @type {VoiceChoice | null} */
  let choice = null; // null while it is not known
  let timedOut = false; // whether the browser has had time to list its voices
  let searches = 0; // counts them, so that a late answer is recognised
  /** @type {{ speech: Speech, onSpoken: () => void } | null} */
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
   * @param {Hint | null} [hint]
   */
  function setChoice(newChoice, hint = null) {
    choice = newChoice;
    onHint(hint);
    const postponed = waiting;
    waiting = null;
    if (postponed) speak(postponed.speech, postponed.onSpoken);
  }

  /** @param {SpeechAvailability} availability */
  function chooseHostVoice({ available, isOnDevice, voices }) {
    const { code, name } = language();
    if (isOnDevice) setChoice({}, warning("voice.none-on-device", { language: name }));
    else if (!available) setChoice({}, warning("voice.none", { language: name }));
    else if (voices[code]?.length) setChoice({ hostVoice: "" }, hostSpeaks());
    else setChoice({}, warning("voice.none-anywhere", { language: name }));
  }

  function hostSpeaks() {
    const { name } = language();
    const values = { language: name };
    return settings.voice ? null : { code: "voice.host", values, detail: "", isWarning: false };
  }

  function browserVoices() {
    const tag = new RegExp(`^${language().code}\\b`, "i");
    const voices = synthesis?.getVoices() ?? [];
    return voices.filter(({ localService, lang }) => localService && tag.test(lang));
  }

  /**
   * @param {Speech} speech
   * @param {() => void} onSpoken
   */
  function speak(speech, onSpoken) {
    stop();
    if (muted) onSpoken();
    else if (choice === null) waiting = { speech, onSpoken };
    else if (choice.browserVoice) speakInBrowser(speech.text, choice.browserVoice, onSpoken);
    else if (choice.hostVoice !== undefined) {
      speakOnHost(speech.request, choice.hostVoice, onSpoken);
    } else onSpoken();
  }

  /**
   * @param {string} text
   * @param {SpeechSynthesisVoice} voice
   * @param {() => void} onSpoken
   */
  function speakInBrowser(text, voice, onSpoken) {
    utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = voice;
    utterance.lang = voice.lang;
    utterance.rate = settings.speed;
    utterance.onstart = () => onHint(null);
    utterance.onend = onSpoken;
    utterance.onerror = (event) => {
      if (event.error === "not-allowed") onHint(warning("voice.not-allowed"));
      onSpoken();
    };
    synthesis.speak(utterance);
  }

  /**
   * @param {SpeechRequest} request
   * @param {string} voice
   * @param {() => void} onSpoken
   */
  async function speakOnHost(request, voice, onSpoken) {
    const rate = Math.round(WORDS_PER_MINUTE * settings.speed);
    try {
      await hostVoice.speak({ ...request, rate, ...(voice && { voice }) }, onSpoken);
      onHint(hostSpeaks());
    } catch (error) {
      onSpoken();
      if (isDomError(error)) return; // stopped
      if (isDomError(error, "NotAllowedError")) onHint(warning("voice.not-allowed"));
      else if (error instanceof UserError) onHint(hostFailure(error.problem));
      else onHint(warning("voice.not-played"));
    }
  }

  function stop() {
    waiting?.onSpoken();
    waiting = null;
    synthesis?.cancel();
    hostVoice.stop();
  }

  synthesis?.addEventListener?.("voiceschanged", chooseVoice);
  setTimeout(
    () => {
      timedOut = true;
      if (choice === null) chooseVoice();
    },
    synthesis ? VOICES_TIMEOUT : 0,
  );

  return {
    /**
     * Speak, in place of what is being spoken.
     *
     * @param {Speech} speech
     * @param {() => void} [onSpoken] Called once when the speech has ended, was stopped, or does
     *   not take place.
     */
    speak: (speech, onSpoken = () => {}) => speak(speech, once(onSpoken)),
    stop,
    /** @param {boolean} on */
    mute(on) {
      muted = on;
      if (on) stop();
    },
    /**
     * Use another voice, speed, or the language that is in use now.
     *
     * @param {{ voice: string, speed: number }} changes voice: a value of `voices()`, or "" for the
     *   best voice; speed: 1 is the usual speed.
     */
    configure({ voice, speed }) {
      settings = { voice, speed };
      chooseVoice();
    },
    /** Return the voices in the language, of the browser and of the machine that runs wince. */
    async voices() {
      const { available, voices } = await hostVoice.availability().catch(unavailable);
      const hostVoices = available ? (voices[language().code] ?? []) : [];
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

/**
 * @param {string} code
 * @param {Record<string, string>} [values]
 * @returns {Hint}
 */
function warning(code, values = {}) {
  return { code, values, detail: "", isWarning: true };
}

/**
 * Return the hint for a failure of the engine's voice; the page words what it has a text for.
 *
 * @param {Problem} problem
 * @returns {Hint}
 */
function hostFailure(problem) {
  const { code } = problem;
  return hasText(`problem.${code}`)
    ? { ...problem, isWarning: true }
    : warning("voice.failed", { code });
}

/** @param {() => void} action */
function once(action) {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}
