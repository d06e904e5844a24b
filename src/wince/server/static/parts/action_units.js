// What the face does: a bar for each action unit, and the formula that adds them up.

/** @import { ActionUnit, Scale } from "../types.js" */
/** @import { MapView } from "../state.js" */
/** @import { ResultSource } from "./result_lines.js" */

import { create, find, setText } from "../dom.js";
import { isPspi, oneDecimal, shownScore } from "../levels.js";
import { scoreOf, statementOf } from "./result_lines.js";
import { t } from "../texts.js";

const NONE = "–";

/** @typedef {Record<string, number> | null} Values Intensities by action unit. */

/**
 * Connect the part with the action units. Its rows stay the same elements, so that they keep the
 * focus.
 *
 * @param {HTMLElement} section
 * @param {Scale} scale
 * @param {(change: Partial<MapView>) => void} setMap Called when a bar is pressed, to show its map.
 */
export function createActionUnits(section, scale, setMap) {
  /** @type {string | null} */
  let selected = null;
  /** @param {string} unit */
  const choose = (unit) =>
    setMap(unit === selected ? { isOn: false, unit: null } : { isOn: true, unit });
  const rows = new Map(scale.action_units.map((unit) => [unit.name, createRow(unit, choose)]));
  find(section, ".units").append(...[...rows.values()].map((row) => row.element));
  const drawFormula = createFormula(find(section, ".formula"), scale);

  /** @param {ResultSource & { map: MapView }} view */
  return (view) => {
    selected = view.map.isOn ? view.map.unit : null;
    const score = scoreOf(view);
    const statement = statementOf(view);
    // A model that gives the score alone has no action units.
    section.hidden = !isPspi(scale) || (score !== null && score.action_units === null);
    for (const [name, row] of rows) row(score?.action_units?.[name] ?? null, name === selected);
    drawFormula(score?.action_units ?? null, score?.raw_score ?? null, statement?.score ?? null);
  };
}

/**
 * @param {ActionUnit} unit
 * @param {(name: string) => void} onChoose
 */
function createRow(unit, onChoose) {
  const button = create("button", "unit");
  button.type = "button";
  const text = create("span", "unit-text");
  const plain = create("span");
  text.append(plain, " ", create("span", "unit-code", unit.name));
  const value = create("span", "unit-value");
  const meter = create("span", "meter");
  const bar = create("span", "meter-fill");
  meter.append(bar);
  button.append(text, value, meter);
  button.addEventListener("click", () => onChoose(unit.name));
  const element = create("li");
  element.append(button);
  /**
   * @param {number | null} intensity
   * @param {boolean} isSelected
   */
  function draw(intensity, isSelected) {
    setText(plain, t(`unit.${unit.name}.plain`));
    button.title = t("why.show-where", { unit: t(`unit.${unit.name}`) });
    button.setAttribute("aria-pressed", String(isSelected));
    const values = { intensity: oneDecimal(intensity ?? 0), maximum: unit.maximum };
    setText(value, intensity === null ? NONE : t("why.intensity", values));
    bar.style.width = `${(100 * (intensity ?? 0)) / unit.maximum}%`;
  }
  return Object.assign(draw, { element });
}

/**
 * Add the formula to `line`. Its numbers run from left to right in every language.
 *
 * @param {HTMLElement} line
 * @param {Scale} scale
 */
function createFormula(line, scale) {
  const units = new Map(scale.action_units.map((unit) => [unit.name, createFormulaUnit(unit)]));
  const terms = scale.terms.map((names) =>
    names.flatMap((name) => {
      const unit = units.get(name);
      return unit ? [{ name, ...unit }] : [];
    }),
  );
  /** @type {(() => void)[]} */
  const wordings = [];
  const result = create("span", "formula-result");
  const parts = terms.flatMap((term, index) => {
    const inside = term.flatMap(({ element }, place) => [place ? ", " : "", element]);
    const part = create("span", "formula-part");
    if (index) part.append("+ ");
    if (term.length > 1) {
      const higher = readAs("max(");
      wordings.push(() => higher.word(t("why.higher-of")));
      part.append(higher.element, ...inside, unread(")"));
    } else part.append(...inside);
    return [part, " "];
  });
  line.dir = "ltr";
  line.append(...parts, result);
  /**
   * @param {Values} values
   * @param {number | null} rawScore
   * @param {number | null} score
   */
  return (values, rawScore, score) => {
    for (const word of wordings) word();
    for (const term of terms) {
      const highest = values && term.reduce((a, b) => (values[b.name] > values[a.name] ? b : a));
      for (const unit of term) {
        unit.draw(values ? values[unit.name] : null, !values || unit === highest);
      }
    }
    setText(result, rawScore === null || score === null ? "" : sumText(scale, rawScore, score));
  };
}

/**
 * @param {Scale} scale
 * @param {number} rawScore
 * @param {number} score
 */
function sumText(scale, rawScore, score) {
  const [sum, shown] = [oneDecimal(rawScore), shownScore(scale, score)];
  const values = { sum, score: shown };
  return sum === shown ? t("why.sum", { score: shown }) : t("why.calibrated-sum", values);
}

/** @param {ActionUnit} unit */
function createFormulaUnit({ name }) {
  const element = create("span", "term");
  const label = readAs(name);
  const value = create("span");
  element.append(label.element, " ", value);
  return {
    element,
    /**
     * @param {number | null} intensity
     * @param {boolean} isCounted Whether it counts in its term.
     */
    draw(intensity, isCounted) {
      const [title, plain] = [t(`unit.${name}`), t(`unit.${name}.plain`)];
      element.title = t("why.unit", { title, plain });
      label.word(`${t("why.unit", { title, plain })}, `);
      setText(value, intensity === null ? NONE : oneDecimal(intensity));
      element.classList.toggle("uncounted", !isCounted);
    },
  };
}

/**
 * Return an element that shows one text and is read aloud as another.
 *
 * @param {string} shown
 */
function readAs(shown) {
  const element = create("span");
  const read = create("span", "visually-hidden");
  element.append(unread(shown), read);
  return {
    element,
    /** @param {string} text */
    word: (text) => setText(read, text),
  };
}

/** @param {string} text */
function unread(text) {
  const element = create("span", "", text);
  element.setAttribute("aria-hidden", "true");
  return element;
}
