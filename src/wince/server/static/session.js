// A live session: what stood when, for the chart and for the sums. Kept in this page alone, and gone
// with it.

const EVERY = 250; // milliseconds between kept samples
const KEPT = 10 * 60 * 1000; // milliseconds of samples for the chart
const LONGEST_STEP = 2000; // milliseconds between answers that still count as watched
const MOST_MARKERS = 200;

/** Return an empty session. facts: from /v1/scale. */
export function createSession(facts) {
  let began, last, samples, markers, seconds, absent, peak;

  function reset() {
    began = last = peak = null;
    samples = [];
    markers = [];
    absent = 0;
    seconds = Object.fromEntries(facts.levels.map(({ name }) => [name, 0]));
  }

  function keep(sample) {
    const before = samples.at(-1);
    if (before && sample.time - before.time < EVERY && before.away === sample.away) return;
    samples.push(sample);
    while (sample.time - samples[0].time > KEPT) samples.shift();
  }

  reset();
  return {
    /** Take what stands (the `track` of an answer, or null) at a time in milliseconds. */
    add(track, time = Date.now()) {
      began ??= time;
      const step = last === null || time - last > LONGEST_STEP ? 0 : time - last;
      last = time;
      const away = !track || track.away > 0;
      if (away) absent += step / 1000;
      else {
        seconds[track.level] += step / 1000;
        if (!peak || track.pspi > peak.pspi) peak = { time, pspi: track.pspi, level: track.level };
      }
      keep({ time, pspi: away ? null : track.pspi, level: away ? null : track.level, away });
    },
    /** Set a marker with a text now; return whether there was room. */
    mark(text, time = Date.now()) {
      if (markers.length >= MOST_MARKERS) return false;
      markers.push({ time, text });
      return true;
    },
    /** Forget everything. */
    reset,
    /** The samples of the last ten minutes: {time, pspi or null, level or null, away}. */
    samples: () => samples,
    /** The markers: {time, text}. */
    markers: () => markers,
    /**
     * Return {began, last} in milliseconds or null, `seconds` by level, `absent` seconds without a
     * face, and `peak` {time, pspi, level} of the smoothed score or null.
     */
    sums: () => ({ began, last, seconds, absent, peak }),
  };
}

/** Return seconds as minutes and seconds, such as 2:05, or 1:02:05. */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}

/** Return a time in milliseconds as the time of day, such as 14:03:09. */
export function timeOfDay(time) {
  return new Date(time).toLocaleTimeString("en-GB");
}
