// Results read aloud: by the browser's own speech, with voices of this machine alone (other voices
// send the text to their vendor); where it has none, by the machine that runs wince.

import { Problem } from "./api.js";

const PATIENCE = 1500; // milliseconds; some browsers list their voices only after a while
const NO_VOICE = "This browser has no voice of its own.";
const SPARE = `${NO_VOICE} The machine that runs wince speaks in its place.`;
const NOT_ALLOWED = "The browser wants a click before it speaks: press “Say again”.";
const FAILED = "The browser could not play the voice, so nothing is spoken.";

/**
 * Return a speaker. spare: the voice for browsers without one. onHint(sentence or null, calm) is
 * told why nothing is spoken; calm: it is only for information.
 */
export function createSpeaker({ spare, onHint }) {
  const synth = window.speechSynthesis;
  let voice = null;
  let spared = false; // whether the spare voice is there and needed
  let settled = false; // whether the voices are known
  let waiting = null; // what to say once they are
  let muted = false;
  let current = null; // kept, because some browsers forget an utterance nobody holds

  function look() {
    voice = bestVoice(synth?.getVoices() ?? []);
    if (voice || settled) settle();
  }

  async function settle() {
    const missing = voice ? null : await spare.missing().catch(({ message }) => message);
    settled = true;
    spared = !voice && !missing;
    if (voice) onHint(null);
    else onHint(missing ? `${NO_VOICE} ${missing}` : SPARE, !missing);
    if (waiting !== null) say(waiting);
    waiting = null;
  }

  function say(words) {
    if (muted) return;
    if (!settled) {
      waiting = words;
      return;
    }
    hush();
    if (voice) sayHere(words.text);
    else if (spared) sayThere(words.wanted);
  }

  function sayHere(text) {
    current = new SpeechSynthesisUtterance(text);
    current.voice = voice;
    current.lang = voice.lang;
    current.onstart = () => onHint(null);
    current.onerror = (event) => {
      if (event.error === "not-allowed") onHint(NOT_ALLOWED);
    };
    synth.speak(current);
  }

  async function sayThere(wanted) {
    try {
      await spare.say(wanted);
      onHint(SPARE, true);
    } catch (error) {
      if (error.name === "AbortError") return; // called off
      if (error.name === "NotAllowedError") onHint(NOT_ALLOWED);
      else onHint(error instanceof Problem ? error.message : FAILED);
    }
  }

  function hush() {
    waiting = null;
    synth?.cancel();
    spare.hush();
  }

  synth?.addEventListener?.("voiceschanged", look);
  look();
  if (!settled) setTimeout(() => settled || settle(), synth ? PATIENCE : 0);

  return {
    say,
    /** Stop what is being said. */
    hush,
    /** Mute or unmute. */
    mute(on) {
      muted = on;
      if (on) hush();
    },
  };
}

function bestVoice(voices) {
  const local = voices.filter((voice) => voice.localService);
  const english = local.filter((voice) => /^en\b/i.test(voice.lang));
  return english.find((voice) => voice.default) ?? english[0] ?? local[0] ?? null;
}

/**
 * Return what is said about an assessment: the sentence, and on demand percent and advice; as text
 * for the browser's voice, and as the request (wanted) for the other.
 */
export function wordsFor(assessment, facts, { percent, advice }) {
  const { level, pspi } = assessment;
  const parts = [assessment.sentence];
  if (percent) {
    parts.push(`Pain score: ${Math.round((100 * pspi) / facts.maximum)} percent of the scale.`);
  }
  if (advice) parts.push(assessment.advice);
  return { text: parts.join(" "), wanted: { level, pspi, percent, advice } };
}
