// The voice of the page: a speaker and an announcer, which follow the settings.

/** @import { Engine } from "../engine/engine.js" */
/** @import { Store } from "../state.js" */

import { byId } from "../dom.js";
import { LANGUAGE_FAILED } from "../flows/language.js";
import { createAnnouncer } from "./announcer.js";
import { createHostVoice } from "./host_voice.js";
import { createSpeaker } from "./speaker.js";

/**
 * @param {Engine} engine
 * @param {Store} store
 * @param {() => void} onVoicesChange
 */
export function createVoice(engine, store, onVoicesChange) {
  const speaker = createSpeaker({
    hostVoice: createHostVoice(byId("voice", HTMLAudioElement), engine),
    onHint(hint) {
      if (hint || store.get().hint !== LANGUAGE_FAILED) store.update({ hint });
    },
    onVoicesChange,
  });
  const announcer = createAnnouncer({ element: byId("announcer"), speaker, store });
  return {
    announcer,
    getVoices: () => speaker.voices(),
    /** Use the settings and the language as they are now. */
    configure() {
      const { muted, voice, speed } = store.get().settings;
      speaker.mute(muted);
      speaker.configure({ voice, speed });
    },
  };
}
