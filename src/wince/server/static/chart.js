// The chart of the last minutes: the smoothed score over bands of level, markers as numbered lines.

import { timeOfDay } from "./session.js";
import { levelWord } from "./shapes.js";

const HEIGHT = 220; // pixels; as wide as its place
const LEAST_WIDTH = 240;
const [LEFT, RIGHT, TOP, BOTTOM] = [78, 8, 10, 26];
const DRAW_EVERY = 250; // milliseconds
const TELL_EVERY = 5000; // milliseconds between changes of the text alternative
const TICK_WIDTH = 110; // pixels that a tick of the time axis needs
const NAMESPACE = "http://www.w3.org/2000/svg";

/** Put a chart into `root`. facts: from /v1/scale; minutes() says how many it spans. */
export function createChart(root, facts, session, { minutes }) {
  const svg = make("svg", { role: "img", height: HEIGHT });
  const [bands, moving] = [make("g"), make("g")];
  svg.append(bands, moving);
  root.append(svg);
  const y = (pspi) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - pspi / facts.maximum);
  let width = 0;
  let drawn = 0;
  let told = 0;

  function fit() {
    const found = Math.max(LEAST_WIDTH, root.clientWidth);
    if (found === width) return;
    width = found;
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    bands.replaceChildren(...facts.levels.flatMap((level) => band(level, y, width)));
  }

  function draw(now) {
    fit();
    const span = minutes() * 60000;
    const x = (time) => LEFT + (width - LEFT - RIGHT) * (1 - (now - time) / span);
    const seen = session.samples().filter(({ time }) => now - time <= span);
    const marks = session.markers().map((marker, index) => ({ ...marker, number: index + 1 }));
    const shown = marks.filter(({ time }) => now - time <= span);
    moving.replaceChildren(
      ...ticks(now, span, x, width),
      make("path", { class: "chart-line", d: line(seen, x, y) }),
      ...shown.flatMap((marker) => markerLine(marker, x)),
      ...dot(seen.at(-1), x, y),
    );
    return { seen, shown };
  }

  return {
    /** Draw what the session holds, at most four times a second unless `force`. */
    update(now = Date.now(), force = false) {
      if (!force && now - drawn < DRAW_EVERY) return;
      drawn = now;
      const { seen, shown } = draw(now);
      if (!force && now - told < TELL_EVERY) return;
      told = now;
      svg.setAttribute("aria-label", words(minutes(), seen, shown));
    },
  };
}

/** Return the text alternative of the chart. */
export function words(minutes, samples, markers) {
  const scores = samples.filter(({ pspi }) => pspi !== null);
  const span = minutes === 1 ? "The last minute" : `The last ${minutes} minutes`;
  if (scores.length === 0) return `${span}: no face yet.`;
  const now = samples.at(-1);
  const values = scores.map(({ pspi }) => pspi);
  const [low, high] = [Math.min(...values), Math.max(...values)].map((v) => v.toFixed(1));
  const present =
    now.pspi === null ? "no face at present" : `now ${levelWord(now.level)}, PSPI ${now.pspi.toFixed(1)}`;
  const marked = markers.map(({ number, time, text }) => `${number}, ${timeOfDay(time)}, ${text}`);
  const list = marked.length ? ` Markers: ${marked.join("; ")}.` : "";
  return `${span}: ${present}; PSPI from ${low} to ${high}.${list}`;
}

function band({ name, from_score: from, to_score: to }, y, width) {
  const rect = make("rect", {
    class: "chart-band",
    x: LEFT,
    width: width - LEFT - RIGHT,
    y: y(to),
    height: Math.max(y(from) - y(to) - 1, 1),
  });
  rect.dataset.shape = name;
  const place = name === "none" ? y(from) : (y(from) + y(to)) / 2 + 4;
  const label = make("text", { class: "chart-word", x: LEFT - 8, y: place, "text-anchor": "end" });
  label.textContent = levelWord(name);
  return [rect, label];
}

/** Return the path of the score; it breaks where there was no face. */
function line(samples, x, y) {
  let pen = "M";
  let before = null;
  return samples
    .map(({ time, pspi }) => {
      const gap = before !== null && time - before > 3000; // nothing came: no line is drawn there
      before = time;
      if (gap) pen = "M";
      if (pspi === null) {
        pen = "M";
        return "";
      }
      const part = `${pen}${x(time).toFixed(1)} ${y(pspi).toFixed(1)}`;
      pen = "L";
      return part;
    })
    .join("");
}

function dot(sample, x, y) {
  if (!sample || sample.pspi === null) return [];
  return [make("circle", { class: "chart-dot", cx: x(sample.time), cy: y(sample.pspi), r: 4 })];
}

function ticks(now, span, x, width) {
  const count = width - LEFT - RIGHT >= 5 * TICK_WIDTH ? 5 : 2;
  return Array.from({ length: count + 1 }, (_, index) => {
    const back = (span * (count - index)) / count;
    const anchor = index === 0 ? "start" : index === count ? "end" : "middle";
    const label = make("text", {
      class: "chart-word",
      x: x(now - back),
      y: HEIGHT - 8,
      "text-anchor": anchor,
    });
    const minutes = back / 60000;
    label.textContent = back === 0 ? "now" : `${Number(minutes.toFixed(1))} min ago`;
    return label;
  });
}

function markerLine({ number, time }, x) {
  const place = x(time);
  const label = make("text", { class: "chart-mark-word", x: place + 3, y: TOP + 12 });
  label.textContent = String(number);
  return [
    make("line", { class: "chart-mark", x1: place, x2: place, y1: TOP, y2: HEIGHT - BOTTOM }),
    label,
  ];
}

function make(name, attributes = {}) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
