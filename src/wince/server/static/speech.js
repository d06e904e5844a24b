// Results read aloud by the browser's own speech, with voices of this machine alone: other voices
// send the text to their vendor.

const PATIENCE = 1500; // milliseconds; some browsers list their voices only after a while
const NO_VOICE =
  "This browser has no voice of its own on this machine, so nothing is spoken. " +
  "The result is shown instead.";
const NOT_ALLOWED = "The browser wants a click before it speaks: press “Say again”.";

/** Return a speaker. onHint(sentence or null) is told why nothing is spoken. */
export function createSpeaker(onHint) {
  const synth = window.speechSynthesis;
  let voice = null;
  let settled = false; // whether the voices are known
  let waiting = null; // what to say once they are
  let muted = false;
  let current = null; // kept, because some browsers forget an utterance nobody holds

  function look() {
    voice = bestVoice(synth?.getVoices() ?? []);
    if (voice) settle();
  }

  function settle() {
    settled = true;
    onHint(voice ? null : NO_VOICE);
    if (waiting !== null) say(waiting);
    waiting = null;
  }

  function say(text) {
    if (muted) return;
    if (!settled) {
      waiting = text;
      return;
    }
    if (!voice) return;
    synth.cancel();
    current = new SpeechSynthesisUtterance(text);
    current.voice = voice;
    current.lang = voice.lang;
    current.onstart = () => onHint(null);
    current.onerror = (event) => {
      if (event.error === "not-allowed") onHint(NOT_ALLOWED);
    };
    synth.speak(current);
  }

  synth?.addEventListener?.("voiceschanged", look);
  look();
  if (!settled) setTimeout(() => settled || settle(), synth ? PATIENCE : 0);

  return {
    say,
    /** Stop what is being said. */
    hush() {
      waiting = null;
      synth?.cancel();
    },
    /** Mute or unmute. */
    mute(on) {
      muted = on;
      if (on) this.hush();
    },
  };
}

function bestVoice(voices) {
  const local = voices.filter((voice) => voice.localService);
  const english = local.filter((voice) => /^en\b/i.test(voice.lang));
  return english.find((voice) => voice.default) ?? english[0] ?? local[0] ?? null;
}

/** Return what is said about an assessment: the sentence, and on demand percent and advice. */
export function spokenText(assessment, facts, { percent, advice }) {
  const parts = [assessment.sentence];
  if (percent) {
    const share = Math.round((100 * assessment.pspi) / facts.maximum);
    parts.push(`Pain score: ${share} percent of the scale.`);
  }
  if (advice) parts.push(assessment.advice);
  return parts.join(" ");
}
