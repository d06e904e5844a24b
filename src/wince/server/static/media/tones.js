// Short tones: one for a prompt to look, one for when nobody is watched.

/** Frequencies in hertz, one after the other. */
const TONES = { prompt: [660, 880], loss: [440, 330, 440] };
const LENGTH = 0.25; // seconds of each
const LOUDNESS = 0.25;
const RAMP = 0.02; // seconds, without which it clicks

/** @typedef {(name: keyof typeof TONES) => void} PlayTone */

/**
 * Return a function that plays a tone. Browsers allow that after the user has pressed something.
 *
 * @returns {PlayTone}
 */
export function createTones() {
  /** @type {AudioContext | undefined} */
  let context;
  return (name) => {
    context ??= new AudioContext();
    context.resume();
    let start = context.currentTime + RAMP;
    for (const frequency of TONES[name]) {
      playTone(context, frequency, start);
      start += LENGTH;
    }
  };
}

/**
 * @param {AudioContext} context
 * @param {number} frequency
 * @param {number} start
 */
function playTone(context, frequency, start) {
  const oscillator = new OscillatorNode(context, { frequency });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setTargetAtTime(LOUDNESS, start, RAMP);
  gain.gain.setTargetAtTime(0, start + LENGTH - 3 * RAMP, RAMP);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + LENGTH);
}
