// The PSPI scale with its level bands, the score as a dot and the 90 % interval as a bar.

/** @import { JudgedStatement, Level, Scale } from "../types.js" */

import { create } from "../dom.js";
import { levelRange, shownScore, statedWord } from "../levels.js";

/**
 * Draw the scale into `root`.
 *
 * @param {HTMLElement} root
 * @param {Scale} scale
 * @param {JudgedStatement} statement
 */
export function drawScaleBar(root, scale, statement) {
  const { pspi, interval, level, between } = statement;
  const [low, high] = interval;
  root.setAttribute(
    "aria-label",
    `PSPI ${shownScore(scale, pspi)} of ${scale.maximum}, ` +
      `${between ? "between" : "level"} ${statedWord(statement, " and ")}. ` +
      `With 90 % probability from ${low.toFixed(1)} to ${high.toFixed(1)}.`,
  );
  /** @param {number} score */
  const percent = (score) => `${(100 * score) / scale.maximum}%`;
  const whisker = create("span", "whisker");
  whisker.style.left = percent(low);
  whisker.style.width = percent(high - low);
  const dot = create("span", "dot");
  dot.style.left = percent(pspi);
  root.replaceChildren(whisker, dot, bands(scale, level), ...labels(scale, percent));
}

/**
 * @param {Scale} scale
 * @param {Level} current
 */
function bands(scale, current) {
  const row = create("span", "bands");
  for (const { name, from_score: from, to_score: to } of scale.levels) {
    const band = create("span", "band");
    band.dataset.shape = name;
    band.classList.toggle("current", name === current);
    band.style.flex = `${to - from} 0 0`;
    row.append(band);
  }
  return row;
}

/**
 * @param {Scale} scale
 * @param {(score: number) => string} percent
 */
function labels(scale, percent) {
  return scale.levels.map(({ name, from_score: from, to_score: to }, index) => {
    const label = create("span", "band-name", name);
    label.append(create("span", "band-range", ` ${levelRange(from, to)}`));
    label.classList.toggle("first", index === 0);
    label.style.left = index === 0 ? "0" : percent((from + to) / 2);
    return label;
  });
}
