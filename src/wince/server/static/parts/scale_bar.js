// The scale with its level bands, the score as a dot and the 90 % interval as a bar.

/** @import { Level, Scale, ScaleLevel } from "../types.js" */

import { create, setText } from "../dom.js";
import { isPspi, scoreOnScale, shapeName, statedTitle, wholeEnd, wholeScore } from "../levels.js";
import { number, t } from "../texts.js";

/**
 * @typedef {{ score: number, interval: [number, number], level: Level | null,
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
  const { minimum, maximum } = scale;
  const rows = bandsOf(scale).map((level) => createBand(level, scale));
  bands.append(...rows.map(({ band }) => band));
  root.replaceChildren(whisker, low, high, dot, bands, ...rows.map(({ label }) => label));
  /** @param {number} score */
  const share = (score) => (score - minimum) / (maximum - minimum);
  /** @param {number} score */
  const shift = (score) => `translateX(${(100 * share(score)).toFixed(3)}cqw)`;

  /** @param {ScoreOnScale | null} score Null for an empty scale. */
  return (score) => {
    root.classList.toggle("unscored", !score);
    const label = score ? describe(scale, score) : t("scale.empty");
    if (root.getAttribute("aria-label") !== label) root.setAttribute("aria-label", label);
    for (const { name, band, label: word } of rows) {
      setText(word, bandName(scale, name));
      band.classList.toggle("current", (score?.between ?? [score?.level]).includes(name));
    }
    if (!score) return;
    const [from, to] = score.interval;
    whisker.style.transform = `${shift(from)} scaleX(${(to - from) / (maximum - minimum)})`;
    low.style.transform = shift(from);
    high.style.transform = shift(to);
    dot.style.transform = shift(score.score);
  };
}

/**
 * @param {Scale} scale
 * @param {ScoreOnScale} score
 */
function describe(scale, score) {
  const [low, high] = score.interval.map((end) => wholeEnd(scale, end));
  const { level, between } = score;
  const values = { score: scoreOnScale(scale, wholeScore(scale, score.score)), low, high };
  return level === null
    ? t("scale.label-score", values)
    : t("scale.label", { ...values, level: statedTitle({ level, between }) });
}

/**
 * Return the bands of a scale: its levels, or one without a name.
 *
 * @param {Scale} scale
 * @returns {Pick<ScaleLevel, "name" | "from_score" | "to_score">[]}
 */
function bandsOf({ levels, minimum, maximum }) {
  return levels.length ? levels : [{ name: "", from_score: minimum, to_score: maximum }];
}

/**
 * Return what stands below a band: the level, or without levels the range of the scale.
 *
 * @param {Scale} scale
 * @param {string} name
 */
function bandName(scale, name) {
  if (isPspi(scale)) return t(`scale.${name}`);
  const [low, high] = [scale.minimum, scale.maximum].map((end) => number(end));
  return name || t("numbers.from-to", { low, high });
}

/**
 * @param {Pick<ScaleLevel, "name" | "from_score" | "to_score">} level
 * @param {Scale} scale
 */
function createBand({ name, from_score: from, to_score: to }, scale) {
  const band = create("span", "band");
  if (name) band.dataset.shape = shapeName(name);
  band.style.flex = `${to - from} 0 0`;
  const label = create("span", "band-name");
  const { minimum, maximum } = scale;
  const isFirst = from <= minimum;
  label.classList.toggle("first", isFirst);
  label.style.left = isFirst
    ? "0"
    : `${(100 * ((from + to) / 2 - minimum)) / (maximum - minimum)}%`;
  return { name, band, label };
}
