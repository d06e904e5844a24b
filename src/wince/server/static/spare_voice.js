// The voice of the machine that runs wince, for browsers that have none of their own.

import { getSpeech, getVoice } from "./api.js";

/** Return that voice, played through an audio element. */
export function createSpareVoice(audio) {
  let request = null; // of the newest utterance
  let address = null; // of its sound
  let known = null; // what the server says of it

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
    /** Return what GET /v1/speech says of it; asked once. */
    look() {
      known ??= getVoice().catch((error) => {
        known = null; // it may answer another time
        throw error;
      });
      return known;
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
