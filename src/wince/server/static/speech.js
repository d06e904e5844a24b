// Results read aloud: by the browser's own speech, with voices of this machine alone (other voices
// send the text to their vendor); where it has none in the language, by the machine that runs wince.

import { Problem } from "./api.js";

const PATIENCE = 1500; // milliseconds; some browsers list their voices only after a while
const WORDS = 150; // a minute, at the usual speed of the machine that runs wince
const NOT_ALLOWED = "The browser wants a click before it speaks: press “Say again”.";
const FAILED = "The browser could not play the voice, so nothing is spoken.";

/**
 * Return a speaker. spare: the voice for browsers without one; languages: which one is spoken;
 * onHint(sentence or null, calm) is told why nothing is spoken, or, calm, who speaks; onVoices() when
 * there may be other voices to choose from.
 */
export function createSpeaker({ spare, languages, onHint, onVoices = () => {} }) {
  const synth = window.speechSynthesis;
  let wish = { voice: "", speed: 1 };
  let way = null; // how to speak, {here: voice}, {there: name} or {}; null while that is not known
  let late = false; // whether the browser had its time to list its voices
  let looks = 0; // counts them, so that an answer that comes late is recognised
  let waiting = null; // what to say once the way is known
  let muted = false;
  let current = null; // kept, because some browsers forget an utterance nobody holds

  /** Find out how to speak in the language. */
  async function look() {
    const mine = ++looks;
    const here = localVoices();
    const chosen = here.find(({ name }) => wish.voice === `here:${name}`);
    if (wish.voice.startsWith("there:")) settle({ there: wish.voice.slice("there:".length) });
    else if (here.length) settle({ here: chosen ?? here.find((one) => one.default) ?? here[0] });
    else if (late) {
      way = null;
      const found = await spare.look().catch(({ message }) => ({ detail: message }));
      if (mine === looks) settleThere(found);
    } else way = null; // the voices may still come
    onVoices();
  }

  function settle(found, hint = null, calm = false) {
    way = found;
    onHint(hint, calm);
    if (waiting !== null) say(waiting);
    waiting = null;
  }

  function settleThere({ available, detail, voices }) {
    const { code } = languages.current();
    if (!available) settle({}, `${noVoice()} ${detail}`);
    else if (voices[code].length) settle({ there: "" }, spared(), true);
    else settle({}, `${noVoice()} The machine that runs wince has none either.`);
  }

  function noVoice() {
    const { code, english } = languages.current();
    return `This browser has no ${code === "en" ? "" : `${english} `}voice of its own.`;
  }

  function spared() {
    return wish.voice ? null : `${noVoice()} The machine that runs wince speaks in its place.`;
  }

  function localVoices(code = languages.current().code) {
    const language = new RegExp(`^${code}\\b`, "i");
    const voices = synth?.getVoices() ?? [];
    return voices.filter(({ localService, lang }) => localService && language.test(lang));
  }

  function say(words) {
    if (muted) return;
    if (way === null) {
      waiting = words;
      return;
    }
    hush();
    // What has no translation is English whatever was chosen, and needs an English voice.
    const { language } = words.wanted;
    const fits = language === languages.current().code;
    const voice = fits ? way.here : localVoices(language)[0];
    if (voice) sayHere(words.text, voice);
    else if (way.there !== undefined) sayThere(words.wanted, fits && way.there);
  }

  function sayHere(text, voice) {
    current = new SpeechSynthesisUtterance(text);
    current.voice = voice;
    current.lang = voice.lang;
    current.rate = wish.speed;
    current.onstart = () => onHint(null);
    current.onerror = (event) => {
      if (event.error === "not-allowed") onHint(NOT_ALLOWED);
    };
    synth.speak(current);
  }

  async function sayThere(wanted, name) {
    const rate = Math.round(WORDS * wish.speed);
    try {
      await spare.say({ ...wanted, rate, ...(name && { voice: name }) });
      onHint(spared(), true);
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
  languages.onChange(() => {
    hush();
    wish.voice = "";
    look();
  });
  look();
  setTimeout(
    () => {
      late = true;
      if (way === null) look();
    },
    synth ? PATIENCE : 0,
  );

  return {
    say,
    /** Stop what is being said. */
    hush,
    /** Mute or unmute. */
    mute(on) {
      muted = on;
      if (on) hush();
    },
    /** Speak with a voice (here: or there: and its name, "" for the best) at a speed, 1 being usual. */
    wish(wanted) {
      wish = { ...wish, ...wanted };
      look();
    },
    /** Return the names of the voices in the language: the browser's, and the other machine's. */
    async voices() {
      const found = await spare.look().catch(() => ({}));
      const there = (found.available && found.voices[languages.current().code]) || [];
      return { here: localVoices().map(({ name }) => name), there };
    },
  };
}
