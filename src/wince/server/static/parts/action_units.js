// What the face does: a bar for each action unit, and the formula that adds them up.

/** @import { ActionUnit, JudgedStatement, Scale } from "../types.js" */

import { capitalised, create, find } from "../dom.js";
import { shownScore } from "../levels.js";

/**
 * Fill the section of a result card. The rows stay the same elements, so that they keep the focus.
 *
 * @param {HTMLElement} section
 * @param {Scale} scale
 * @param {(name: string) => void} onChoose Called when a bar is pressed, to show its map.
 */
export function createActionUnits(section, scale, onChoose) {
  const rows = new Map(scale.action_units.map((unit) => [unit.name, createRow(unit, onChoose)]));
  find(section, ".units").append(...[...rows.values()].map((row) => row.element));
  const formula = createFormula(find(section, ".formula"), scale);

  return {
    /**
     * Show the action units. A model that gives the score alone has no such section.
     *
     * @param {JudgedStatement} statement
     */
    show({ action_units: values, raw_score: rawScore, pspi }) {
      section.hidden = values === null;
      if (values === null) return;
      for (const [name, row] of rows) row.fill(values[name]);
      formula.fill(values, rawScore, pspi);
    },
    /**
     * Mark the action unit whose map is shown.
     *
     * @param {string | null} selected
     */
    mark(selected) {
      for (const [name, row] of rows) row.mark(name === selected);
    },
  };
}

/**
 * @param {ActionUnit} unit
 * @param {(name: string) => void} onChoose
 */
function createRow(unit, onChoose) {
  const button = create("button", "unit");
  button.type = "button";
  button.title = `${unit.title}: show where`;
  button.setAttribute("aria-pressed", "false");
  const label = create("span", "unit-text", capitalised(unit.plain));
  label.append(" ", create("span", "unit-code", unit.name));
  const value = create("span", "unit-value");
  const meter = create("span", "meter");
  const bar = create("span", "meter-fill");
  meter.append(bar);
  button.append(label, value, meter);
  button.addEventListener("click", () => onChoose(unit.name));
  const element = create("li");
  element.append(button);
  return {
    element,
    /** @param {number} intensity */
    fill(intensity) {
      value.replaceChildren(intensity.toFixed(1), create("small", "", ` of ${unit.maximum}`));
      bar.style.width = `${(100 * intensity) / unit.maximum}%`;
    },
    /** @param {boolean} selected */
    mark: (selected) => button.setAttribute("aria-pressed", String(selected)),
  };
}

/**
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
  const result = create("span", "formula-result");
  const parts = terms.flatMap((term, index) => {
    const inside = term.flatMap(({ element }, place) => [place ? ", " : "", element]);
    const part = create("span", "formula-part");
    if (index) part.append("+ ");
    if (term.length > 1) part.append(readAs("max(", "the higher of "), ...inside, unread(")"));
    else part.append(...inside);
    return [part, " "];
  });
  line.append(...parts, result);
  return {
    /**
     * @param {Record<string, number>} values
     * @param {number} rawScore
     * @param {number} pspi
     */
    fill(values, rawScore, pspi) {
      for (const term of terms) {
        const highest = term.reduce((a, b) => (values[b.name] > values[a.name] ? b : a));
        for (const unit of term) unit.fill(values[unit.name], unit === highest);
      }
      const [sum, score] = [rawScore.toFixed(1), shownScore(scale, pspi)];
      result.textContent =
        sum === score
          ? `= PSPI ${score}`
          : `= ${sum}, which the model’s calibration turns into PSPI ${score}`;
    },
  };
}

/** @param {ActionUnit} unit */
function createFormulaUnit({ name, title, plain }) {
  const element = create("span", "term");
  element.title = `${title}: ${plain}`;
  const number = create("span");
  element.append(readAs(name, `${title.toLowerCase()}, ${plain}, `), " ", number);
  return {
    element,
    /**
     * @param {number} value
     * @param {boolean} counted Whether it counts in its term.
     */
    fill(value, counted) {
      number.textContent = value.toFixed(1);
      element.classList.toggle("uncounted", !counted);
    },
  };
}

/**
 * Return an element that shows one text and is read aloud as another.
 *
 * @param {string} shown
 * @param {string} read
 */
function readAs(shown, read) {
  const element = create("span");
  element.append(unread(shown), create("span", "visually-hidden", read));
  return element;
}

/** @param {string} text */
function unread(text) {
  const element = create("span", "", text);
  element.setAttribute("aria-hidden", "true");
  return element;
}
