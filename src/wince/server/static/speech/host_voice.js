// The voice of the machine that runs wince, for browsers without a voice of their own.

/** @import { SpeechAvailability, SpeechRequest } from "../types.js" */

import { getSpeech, getSpeechAvailability } from "../engine/http.js";

/** @typedef {ReturnType<typeof createHostVoice>} HostVoice */

/**
 * Return the voice, which plays through an audio element.
 *
 * @param {HTMLAudioElement} audio
 */
export function createHostVoice(audio) {
  /** @type {AbortController | null} */
  let lastRequest = null;
  /** @type {string | null} */
  let soundUrl = null;
  /** @type {Promise<SpeechAvailability> | null} */
  let availability = null;

  function stop() {
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
    /** Return which voices the machine has. The server is asked once. */
    availability() {
      availability ??= getSpeechAvailability().catch((error) => {
        availability = null; // so that it is asked again next time
        throw error;
      });
      return availability;
    },
    /**
     * Speak, in place of what is being spoken. Resolves when the speech begins.
     *
     * @param {SpeechRequest} speech
     * @throws {DOMException} An AbortError when it is stopped before it begins.
     */
    async speak(speech) {
      stop();
      const request = new AbortController();
      lastRequest = request;
      const sound = await getSpeech(speech, request.signal);
      request.signal.throwIfAborted();
      soundUrl = URL.createObjectURL(sound);
      audio.src = soundUrl;
      await audio.play();
    },
  };
}
