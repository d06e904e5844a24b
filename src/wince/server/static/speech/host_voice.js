// The voice of the engine, that is of the machine that runs wince, for browsers without a voice.

/** @import { Engine } from "../engine/engine.js" */
/** @import { SpeechAvailability, SpeechRequest } from "../types.js" */

/** @typedef {ReturnType<typeof createHostVoice>} HostVoice */

/**
 * Return the voice, which plays through an audio element.
 *
 * @param {HTMLAudioElement} audio
 * @param {Engine} engine
 */
export function createHostVoice(audio, engine) {
  /** @type {AbortController | null} */
  let lastRequest = null;
  /** @type {string | null} */
  let soundUrl = null;
  /** @type {Promise<SpeechAvailability> | null} */
  let availability = null;
  /** @type {() => void} */
  let onEnd = () => {};

  function stop() {
    onEnd();
    onEnd = () => {};
    lastRequest?.abort();
    lastRequest = null;
    audio.pause();
    if (!soundUrl) return;
    audio.removeAttribute("src");
    audio.load(); // releases the sound
    URL.revokeObjectURL(soundUrl);
    soundUrl = null;
  }

  audio.addEventListener("ended", stop);

  return {
    stop,
    /** Return which voices the machine has. The engine is asked once. */
    availability() {
      availability ??= engine.getVoices().catch((error) => {
        availability = null; // so that it is asked again next time
        throw error;
      });
      return availability;
    },
    /**
     * Speak, in place of what is being spoken. Resolves when the speech begins.
     *
     * @param {SpeechRequest} speech
     * @param {() => void} onSpoken Called when the speech ends or is stopped.
     * @throws {DOMException} An AbortError when it is stopped before it begins.
     */
    async speak(speech, onSpoken) {
      stop();
      const request = new AbortController();
      lastRequest = request;
      const sound = await engine.getSpeech(speech, request.signal);
      request.signal.throwIfAborted();
      soundUrl = URL.createObjectURL(sound);
      audio.src = soundUrl;
      onEnd = onSpoken;
      await audio.play();
    },
  };
}
