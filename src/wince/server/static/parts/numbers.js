// The numbers of a result: score with one decimal, interval, probability of each level, raw values.

/** @import { Assessment, Level, Scale } from "../types.js" */
/** @import { ResultSource } from "./result_lines.js" */

import { create, setText } from "../dom.js";
import { levelWord, oneDecimal, shapeIcon, shownProbability, shownScore } from "../levels.js";
import { scoreOf, statementOf } from "./result_lines.js";
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
      setText(term, t(`numbers.${name}`));
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
  const statement = statementOf(view);
  const score = scoreOf(view);
  const [low, high] = statement?.level ? statement.interval.map(oneDecimal) : [];
  return {
    ...(statement?.level && {
      score: t("numbers.score-of", {
        score: shownScore(scale, statement.pspi),
        maximum: scale.maximum,
      }),
      interval: t("numbers.from-to", { low, high }),
    }),
    ...(score && { raw: oneDecimal(score.raw_score) }),
    ...(score?.change && { neutral: oneDecimal(score.change.neutral.raw_score) }),
    ...(view.assessment && facts(view.assessment)),
  };
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
    const statement = view.problem ? null : statementOf(view);
    const judged = statement?.level ? statement : null;
    for (const { name, row, word, value, fill } of rows) {
      const share = judged?.level_probabilities[name];
      setText(word, levelWord(name));
      setText(value, share === undefined ? NONE : shownProbability(share));
      fill.style.width = `${100 * (share ?? 0)}%`;
      /** @type {Level[]} */
      const current = judged ? (judged.between ?? [judged.level]) : [];
      row.classList.toggle("current", current.includes(name));
    }
  }
  return { list, draw };
}

/** @param {Level} name */
function createShareRow(name) {
  const row = create("li");
  row.dataset.shape = name;
  const [word, value] = [create("span"), create("span", "share-number")];
  const meter = create("span", "meter");
  const fill = create("span", "meter-fill");
  meter.append(fill);
  row.append(shapeIcon(name), word, meter, value);
  return { name, row, word, value, fill };
}
