// Results spoken by a voice, and announced to screen readers. The two never talk over each other: an
// announcement waits until the voice has ended.

/** @import { Spoken } from "./wording.js" */
/** @import { Store } from "../state.js" */

import { problemText } from "../errors.js";
import { sentenceOf, speechFor } from "./wording.js";

/** @typedef {ReturnType<typeof createAnnouncer>} Announcer */

/**
 * @param {object} options
 * @param {HTMLElement} options.element A live region.
 * @param {import("./speaker.js").Speaker} options.speaker
 * @param {Store} options.store
 */
export function createAnnouncer({ element, speaker, store }) {
  let speeches = 0; // counts them, so that the end of an earlier one is recognised
  let isSpeaking = false;
  /** @type {string | null} */
  let next = null; // what to announce when the voice has ended
  let frame = 0;
  let isQuiet = false;

  /** @param {string} text */
  function write(text) {
    cancelAnimationFrame(frame);
    element.textContent = "";
    // It is emptied first, so that the same text twice is read twice.
    frame = requestAnimationFrame(() => (element.textContent = text));
  }

  /** @param {Spoken} statement */
  function speak(statement) {
    const { info, settings } = store.get();
    if (!info || isQuiet) return;
    speeches += 1;
    const speech = speeches;
    isSpeaking = true;
    speaker.speak(speechFor(info.scale, statement, settings), () => {
      if (speech !== speeches) return;
      isSpeaking = false;
      if (next !== null) write(next);
      next = null;
    });
  }

  /** @param {string} text */
  function announce(text) {
    if (isSpeaking) next = text;
    else write(text);
  }

  return {
    /**
     * Speak a statement, and announce it.
     *
     * @param {Spoken} statement
     * @param {string} [more] Announced after it, and not spoken.
     */
    announce(statement, more = "") {
      const { info } = store.get();
      if (!info) return;
      speak(statement);
      announce(`${sentenceOf(info.scale, statement)} ${more}`.trim());
    },
    /**
     * Announce a problem without speaking it.
     *
     * @param {import("../errors.js").Problem} problem
     */
    announceProblem: (problem) => announce(problemText(problem)),
    /**
     * Announce a text without speaking it.
     *
     * @param {string} text
     */
    announceText: announce,
    /** Speak a statement again. */
    sayAgain: speak,
    /** Stop speaking, and take back what screen readers could still read. */
    stop() {
      speeches += 1;
      isSpeaking = false;
      next = null;
      speaker.stop();
      cancelAnimationFrame(frame);
      element.textContent = "";
    },
    /**
     * Speak nothing while it is on; announcements go on.
     *
     * @param {boolean} on
     */
    setQuiet(on) {
      isQuiet = on;
      if (on) speaker.stop();
    },
  };
}
