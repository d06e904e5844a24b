// What the face does: a bar for each action unit, and the formula that adds them up.

/**
 * Bring a card's section to life. facts: from /v1/scale; onChoose(name) when a bar is pressed, to
 * see where it comes from. The rows stay the same elements, so that focus and pointer keep theirs.
 */
export function createUnits(section, facts, onChoose) {
  const rows = new Map(facts.action_units.map((unit) => [unit.name, createRow(unit, onChoose)]));
  section.querySelector(".units").append(...[...rows.values()].map((row) => row.element));
  const formula = createFormula(section.querySelector(".formula"), facts);

  return {
    /** Show the action units of an assessment; a model that gives none has no such section. */
    show(assessment) {
      section.hidden = assessment.action_units === null;
      if (section.hidden) return;
      for (const [name, row] of rows) row.fill(assessment.action_units[name]);
      formula.fill(assessment);
    },
    /** Mark the action unit whose map is shown; null for none. */
    mark(chosen) {
      for (const [name, row] of rows) row.mark(name === chosen);
    },
  };
}

function createRow(unit, onChoose) {
  const button = element("button", "unit");
  button.type = "button";
  button.title = `${unit.title}: show where`;
  button.setAttribute("aria-pressed", "false");
  const words = element("span", "unit-words", capital(unit.plain));
  words.append(" ", element("span", "unit-code", unit.name));
  const value = element("span", "unit-value");
  const meter = element("span", "meter");
  const bar = element("span", "meter-fill");
  meter.append(bar);
  button.append(words, value, meter);
  button.addEventListener("click", () => onChoose(unit.name));
  const row = document.createElement("li");
  row.append(button);
  return {
    element: row,
    fill(number) {
      value.replaceChildren(number.toFixed(1), element("small", "", ` of ${unit.maximum}`));
      bar.style.width = `${(100 * number) / unit.maximum}%`;
    },
    mark: (chosen) => button.setAttribute("aria-pressed", String(chosen)),
  };
}

function createFormula(line, facts) {
  const terms = new Map(facts.action_units.map((unit) => [unit.name, createTerm(unit)]));
  const result = element("span", "formula-result");
  const parts = facts.terms.flatMap((names, index) => {
    const inside = names.flatMap((name, place) => [place ? ", " : "", terms.get(name).element]);
    const whole = element("span", "formula-part");
    if (index) whole.append("+ ");
    if (names.length > 1) whole.append(readAs("max(", "the higher of "), ...inside, hidden(")"));
    else whole.append(...inside);
    return [whole, " "];
  });
  line.append(...parts, result);
  return {
    fill({ action_units: values, raw_score: raw, pspi }) {
      for (const names of facts.terms) {
        const counted = names.reduce((best, name) => (values[name] > values[best] ? name : best));
        for (const name of names) terms.get(name).fill(values[name], name === counted);
      }
      const same = raw.toFixed(1) === pspi.toFixed(1);
      result.textContent = same
        ? `= PSPI ${pspi.toFixed(1)}`
        : `= ${raw.toFixed(1)}, which the model’s calibration reads as PSPI ${pspi.toFixed(1)}`;
    },
  };
}

function createTerm({ name, title, plain }) {
  const term = element("span", "term");
  term.title = `${title}: ${plain}`;
  const number = element("span", "");
  term.append(readAs(name, `${title.toLowerCase()}, ${plain}, `), " ", number);
  return {
    element: term,
    fill(value, counted) {
      number.textContent = value.toFixed(1);
      term.classList.toggle("uncounted", !counted);
    },
  };
}

/** Return what is seen as one thing and read out as another. */
function readAs(seen, read) {
  const both = element("span", "");
  both.append(hidden(seen), element("span", "visually-hidden", read));
  return both;
}

function hidden(text) {
  const made = element("span", "", text);
  made.setAttribute("aria-hidden", "true");
  return made;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function capital(words) {
  return words[0].toUpperCase() + words.slice(1);
}
