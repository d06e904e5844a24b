// The PSPI scale with its level bands, the score as a dot and the 90 % interval as a whisker.

import { levelRange, levelWord } from "./shapes.js";

/** Draw the scale into `root`. facts: from /v1/scale. */
export function drawScale(root, facts, { pspi, interval, level }) {
  const [low, high] = interval;
  root.setAttribute(
    "aria-label",
    `PSPI ${pspi.toFixed(1)} of ${facts.maximum}, level ${levelWord(level)}. ` +
      `With 90 % probability from ${low.toFixed(1)} to ${high.toFixed(1)}.`,
  );
  const share = (score) => `${(100 * score) / facts.maximum}%`;
  const whisker = part("whisker");
  whisker.style.left = share(low);
  whisker.style.width = share(high - low);
  const dot = part("dot");
  dot.style.left = share(pspi);
  root.replaceChildren(whisker, dot, bands(facts, level), ...names(facts, share));
}

function bands(facts, current) {
  const row = part("bands");
  for (const { name, from_score: from, to_score: to } of facts.levels) {
    const band = part("band");
    band.dataset.shape = name;
    band.classList.toggle("current", name === current);
    band.style.flex = `${to - from} 0 0`;
    row.append(band);
  }
  return row;
}

function names(facts, share) {
  return facts.levels.map(({ name, from_score: from, to_score: to }, index) => {
    const label = part("band-name");
    label.textContent = name;
    const range = part("band-range");
    range.textContent = ` ${levelRange(from, to)}`;
    label.append(range);
    label.classList.toggle("first", index === 0);
    label.style.left = index === 0 ? "0" : share((from + to) / 2);
    return label;
  });
}

function part(className) {
  const element = document.createElement("span");
  element.className = className;
  return element;
}
