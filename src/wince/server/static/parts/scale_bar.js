// The scale with its level bands, the score as a dot and the 90 % interval as a bar.

/** @import { Level, Scale } from "../types.js" */

import { create, setText } from "../dom.js";
import { statedTitle, wholeScore } from "../levels.js";
import { t } from "../texts.js";

/**
 * @typedef {{ pspi: number, interval: [number, number], level: Level,
 *   between?: [Level, Level] | null }} ScoreOnScale
 */

/**
 * Add the scale to `root`. Its numbers run from left to right in every language.
 *
 * @param {HTMLElement} root
 * @param {Scale} scale
 */
export function createScaleBar(root, scale) {
  root.dir = "ltr";
  const [whisker, low, high, dot, bands] = ["whisker", "end", "end", "dot", "bands"].map((name) =>
    create("span", name),
  );
  const rows = scale.levels.map((level) => createBand(level, scale));
  bands.append(...rows.map(({ band }) => band));
  root.replaceChildren(whisker, low, high, dot, bands, ...rows.map(({ label }) => label));
  /** @param {number} score */
  const shift = (score) => `translateX(${((100 * score) / scale.maximum).toFixed(3)}cqw)`;

  /** @param {ScoreOnScale | null} score Null for an empty scale. */
  return (score) => {
    root.classList.toggle("unscored", !score);
    const label = score ? describe(scale, score) : t("scale.empty");
    if (root.getAttribute("aria-label") !== label) root.setAttribute("aria-label", label);
    for (const { name, band, label: word } of rows) {
      setText(word, t(`scale.${name}`));
      band.classList.toggle("current", (score?.between ?? [score?.level]).includes(name));
    }
    if (!score) return;
    const [from, to] = score.interval;
    whisker.style.transform = `${shift(from)} scaleX(${(to - from) / scale.maximum})`;
    low.style.transform = shift(from);
    high.style.transform = shift(to);
    dot.style.transform = shift(score.pspi);
  };
}

/**
 * @param {Scale} scale
 * @param {ScoreOnScale} score
 */
function describe(scale, score) {
  const [low, high] = score.interval.map((end) => Math.round(end));
  return t("scale.label", {
    score: wholeScore(scale, score.pspi),
    maximum: scale.maximum,
    level: statedTitle(score),
    low,
    high,
  });
}

/**
 * @param {import("../types.js").ScaleLevel} level
 * @param {Scale} scale
 */
function createBand({ name, from_score: from, to_score: to }, scale) {
  const band = create("span", "band");
  band.dataset.shape = name;
  band.style.flex = `${to - from} 0 0`;
  const label = create("span", "band-name");
  const isFirst = from <= 0;
  label.classList.toggle("first", isFirst);
  label.style.left = isFirst ? "0" : `${(100 * (from + to)) / 2 / scale.maximum}%`;
  return { name, band, label };
}
