// The voice of the machine that runs wince, for browsers that have none of their own.

import { getSpeech, getVoice } from "./api.js";

/** Return that voice, played through an audio element. */
export function createSpareVoice(audio) {
  let request = null; // of the newest utterance
  let address = null; // of its sound

  function hush() {
    request?.abort();
    request = null;
    audio.pause();
    if (!address) return;
    audio.removeAttribute("src");
    audio.load(); // lets go of the sound
    URL.revokeObjectURL(address);
    address = null;
  }

  audio.addEventListener("ended", hush);

  return {
    hush,
    /** Return why there is no such voice, as a sentence, or null when there is one. */
    async missing() {
      const { available, detail } = await getVoice();
      return available ? null : detail;
    },
    /**
     * Speak, in place of what is being said. wanted: the body of POST /v1/speech. Resolves when it
     * begins; throws an AbortError when it is called off before that.
     */
    async say(wanted) {
      hush();
      const mine = (request = new AbortController());
      const sound = await getSpeech(wanted, mine.signal);
      mine.signal.throwIfAborted();
      address = URL.createObjectURL(sound);
      audio.src = address;
      await audio.play();
    },
  };
}
