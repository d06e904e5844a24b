// The numbers of a result: score with one decimal, interval, probability of each level, raw values.

/** @import { Assessment, Level, Scale } from "../types.js" */
/** @import { ResultSource } from "./result_lines.js" */

import { create, setText } from "../dom.js";
import {
  fromRaw,
  isPspi,
  levelWord,
  points,
  scoreOnScale,
  shapeIcon,
  shapeName,
  shownProbability,
  shownScore,
} from "../levels.js";
import { scoreOf, scoredOf, statementOf } from "./result_lines.js";
import { number, t } from "../texts.js";

const NONE = "–";

/** Rows by the last part of their keys, and their values. */
const ROWS = /** @type {const} */ ([
  "score",
  "interval",
  "raw",
  "neutral",
  "face",
  "yaw",
  "detector",
  "model",
  "time",
]);

/**
 * Add the numbers to `root`. All rows stay in place, with a dash while there is no value.
 *
 * @param {HTMLElement} root
 * @param {Scale} scale
 */
export function createNumbers(root, scale) {
  const shares = createShares(scale);
  const rows = ROWS.map((name) => ({ name, term: create("dt"), value: create("dd") }));
  const list = create("dl", "numbers-list");
  list.append(...rows.flatMap(({ term, value }) => [term, value]));
  root.append(shares.list, list);

  /** @param {ResultSource} view */
  return (view) => {
    const values = numbersOf(scale, view);
    shares.draw(view);
    for (const { name, term, value } of rows) {
      setText(term, termOf(scale, name));
      setText(value, values[name] ?? NONE);
    }
  };
}

/**
 * @param {Scale} scale
 * @param {ResultSource} view
 * @returns {Partial<Record<typeof ROWS[number], string>>}
 */
function numbersOf(scale, view) {
  if (view.problem) return {};
  const statement = scoredOf(statementOf(view));
  const score = scoreOf(view);
  const [low, high] = statement ? statement.interval.map((end) => points(scale, end)) : [];
  /** @param {number} raw */
  const uncalibrated = (raw) => points(scale, fromRaw(scale, raw));
  return {
    ...(statement && {
      score: scoreText(scale, shownScore(scale, statement.score)),
      interval: t("numbers.from-to", { low, high }),
    }),
    ...(score && { raw: uncalibrated(score.raw_score) }),
    ...(score?.change && { neutral: uncalibrated(score.change.neutral.raw_score) }),
    ...(view.assessment && facts(view.assessment)),
  };
}

/**
 * @param {Scale} scale
 * @param {typeof ROWS[number]} name
 */
function termOf(scale, name) {
  if (name === "score") return scale.name;
  return t(name === "raw" && !isPspi(scale) ? "numbers.raw-other" : `numbers.${name}`);
}

/**
 * @param {Scale} scale
 * @param {string} score
 */
function scoreText(scale, score) {
  const { minimum, maximum } = scale;
  return minimum === 0 ? t("numbers.score-of", { score, maximum }) : scoreOnScale(scale, score);
}

/** @param {Assessment} assessment */
function facts({ face, model, milliseconds }) {
  const [x0, y0, x1, y1] = face.box;
  const size = Math.max(x1 - x0, y1 - y0);
  return {
    face: t("numbers.pixels", { count: Math.round(size) }),
    yaw: t("numbers.degrees", { count: Math.round(Math.abs(face.yaw)) }),
    detector: number(face.score, { maximumFractionDigits: 2 }),
    model: `${model.name} ${model.version}`,
    time: t("numbers.milliseconds", { count: Math.round(milliseconds.total) }),
  };
}

/** @param {Scale} scale */
function createShares(scale) {
  const list = create("ul", "shares");
  const rows = scale.levels.map(({ name }) => createShareRow(name));
  list.append(...rows.map(({ row }) => row));
  /** @param {ResultSource} view */
  function draw(view) {
    list.setAttribute("aria-label", t("numbers.probabilities"));
    const judged = view.problem ? null : scoredOf(statementOf(view));
    for (const { name, row, word, value, fill } of rows) {
      const share = judged?.level_probabilities?.[name];
      setText(word, levelWord(name));
      setText(value, share === undefined ? NONE : shownProbability(share));
      fill.style.width = `${100 * (share ?? 0)}%`;
      /** @type {Level[]} */
      const current = judged?.level ? (judged.between ?? [judged.level]) : [];
      row.classList.toggle("current", current.includes(name));
    }
  }
  return { list, draw };
}

/** @param {Level} name */
function createShareRow(name) {
  const row = create("li");
  row.dataset.shape = shapeName(name);
  const [word, value] = [create("span"), create("span", "share-number")];
  const meter = create("span", "meter");
  const fill = create("span", "meter-fill");
  meter.append(fill);
  row.append(shapeIcon(name), word, meter, value);
  return { name, row, word, value, fill };
}
