// The result card: one on each tab, filled from an assessment.

/** @import { Assessment, JudgedStatement, Level, Scale, ScaleLevel, Statement } from "../types.js" */

import { createActionUnits } from "./action_units.js";
import { capitalised, create, find, fromTemplate } from "../dom.js";
import { SHAPES, levelRange, levelWord, shapeIcon, shownScore } from "../levels.js";
import { drawScaleBar } from "./scale_bar.js";
import { formatDuration } from "../session/session.js";

/** @typedef {ReturnType<typeof createResultCard>} ResultCard */

/** Parts of the card that are empty while the score is changing. */
const CHANGING_TEXTS = [
  "score-number",
  "sentence",
  "scale",
  "interval-text",
  "confidence-number",
  "confidence-text",
  "advice",
];

/**
 * Add a result card to `root`.
 *
 * @param {HTMLElement} root
 * @param {Scale} scale
 * @param {object} options
 * @param {import("../speech/wording.js").Languages} options.languages
 * @param {string} [options.waitingText] Text before the first result.
 * @param {(statement: Statement) => void} options.onSayAgain Called when the button is pressed.
 */
export function createResultCard(root, scale, { languages, waitingText, onSayAgain }) {
  const card = fromTemplate("result-template");
  root.append(card);
  if (waitingText) find(card, ".waiting-text").textContent = waitingText;
  const legend = scale.levels.map((level) => ({ name: level.name, ...createLegendRow(level) }));
  find(card, ".legend").append(...legend.map(({ row }) => row));
  /** @type {Statement | null} */
  let shown = null;
  /** @type {(name: string) => void} */
  let chooseUnit = () => {};
  const units = createActionUnits(find(card, ".units-section"), scale, (name) => chooseUnit(name));
  const showShares = createShares(find(card, ".shares"), scale);
  find(card, ".say-again").addEventListener("click", () => {
    if (shown) onSayAgain(shown);
  });

  /** @type {import("../types.js").StateKind | null} */
  let state = null;

  function fillTexts() {
    for (const { name, word } of legend) languages.showTitle(word, name);
    if (state === "changing") languages.showState(find(card, ".level-name"), state);
    else if (state) languages.showState(find(card, ".state-title"), state);
    if (!shown?.level) return;
    languages.showStatedTitle(find(card, ".level-name"), shown);
    languages.showSentence(find(card, ".sentence"), shown);
  }

  languages.onChange(fillTexts);
  fillTexts();

  /** @param {"waiting" | "problem" | "unjudged" | "state" | "assessed"} part */
  function showOnly(part) {
    for (const name of ["waiting", "problem", "unjudged", "state", "assessed"]) {
      find(card, `.${name}`).hidden = name !== part;
    }
    state = null;
    find(card, ".assessed").classList.remove("changing");
    delete card.dataset.level;
  }

  /** @param {JudgedStatement} statement */
  function showStatement(statement) {
    card.dataset.level = statement.level;
    find(card, ".shape path", SVGPathElement).setAttribute("d", SHAPES[statement.level]);
    find(card, ".score-number").textContent = shownScore(scale, statement.pspi);
    fillTexts();
    find(card, ".advice").textContent = statement.advice;
    drawScaleBar(find(card, ".scale"), scale, statement);
    const [low, high] = statement.interval.map((end) => end.toFixed(1));
    find(card, ".interval-text").textContent = `90 % interval: ${low} to ${high}`;
    fillChange(card, scale, statement);
    fillConfidence(card, statement);
    find(card, ".level").classList.toggle("between", Boolean(statement.between));
    showShares(statement);
    units.show(statement);
  }

  return {
    /**
     * Show a result.
     *
     * @param {Assessment} assessment Of the photo or frame: its quality and model are shown.
     * @param {Statement} [statement] What is stated; the track in a live view.
     */
    show(assessment, statement = assessment) {
      shown = statement;
      if (statement.level === null) {
        showOnly("unjudged");
        fillReasons(card, assessment);
        return;
      }
      showOnly("assessed");
      showStatement(statement);
      fillList(find(card, ".warnings"), assessment.quality.warnings);
      find(card, ".warnings").hidden = assessment.quality.warnings.length === 0;
      const { model, milliseconds } = assessment;
      find(card, ".made-by").textContent =
        `Model ${model.name} ${model.version}, ${Math.round(milliseconds.total)} ms.`;
    },
    /** Show that the score is changing: no level and no number until one has lasted. */
    showChanging() {
      shown = null;
      showOnly("assessed");
      state = "changing";
      find(card, ".assessed").classList.add("changing");
      for (const name of CHANGING_TEXTS) find(card, `.${name}`).textContent = "";
      find(card, ".scale").setAttribute("aria-label", "No score yet");
      find(card, ".change").hidden = true;
      fillTexts();
    },
    /**
     * Show why there is no score of a face over time.
     *
     * @param {import("../types.js").StatedState} statement
     */
    showState({ kind, reasons, age, advice }) {
      shown = null;
      showOnly("state");
      state = kind;
      const since = age === null ? "" : `Last seen ${formatDuration(age)} ago. `;
      const texts = [...Object.values(reasons), `${since}${advice}`];
      find(card, ".state-text").textContent = texts.join(" ");
      fillTexts();
    },
    /**
     * Show why there is no result.
     *
     * @param {string} message
     * @param {string} [title]
     */
    showProblem(message, title = "This could not be assessed") {
      shown = null;
      showOnly("problem");
      find(card, ".problem h2").textContent = title;
      find(card, ".problem-text").textContent = message;
    },
    /**
     * Call a function with the name of each action unit whose bar is pressed.
     *
     * @param {(name: string) => void} callback
     */
    onChooseUnit(callback) {
      chooseUnit = callback;
    },
    /** Mark the action unit whose map is shown; null for none. */
    markUnit: units.mark,
    /** Return to the empty card. */
    clear() {
      shown = null;
      showOnly("waiting");
    },
  };
}

/** @param {ScaleLevel} level */
function createLegendRow({ name, from_score: from, to_score: to }) {
  const row = create("li");
  row.dataset.shape = name;
  const word = create("span", "word");
  row.append(shapeIcon(name), word, create("span", "", levelRange(from, to)));
  return { row, word };
}

/**
 * @param {HTMLElement} list
 * @param {string[]} texts
 */
function fillList(list, texts) {
  list.replaceChildren(...texts.map((text) => create("li", "", text)));
}

/**
 * Show why the image cannot be judged, in place of every number.
 *
 * @param {HTMLElement} card
 * @param {Assessment} assessment
 */
function fillReasons(card, { quality }) {
  fillList(find(card, ".reasons"), Object.values(quality.reasons));
  fillList(find(card, ".unjudged-warnings"), quality.warnings);
}

/**
 * Show the difference from the person's neutral face, when it is set.
 *
 * @param {HTMLElement} card
 * @param {Scale} scale
 * @param {JudgedStatement} statement
 */
function fillChange(card, scale, { change, raw_score: rawScore }) {
  find(card, ".change").hidden = !change;
  if (!change) return;
  const points = change.pspi.toFixed(1);
  find(card, ".change-number").textContent = `+${points}`;
  find(card, ".change .meter-fill").style.width = `${(100 * change.pspi) / scale.maximum}%`;
  find(card, ".change-text").textContent =
    `${points} of ${scale.maximum} points above it: the neutral face’s score is ` +
    `${change.neutral.raw_score.toFixed(1)}, this one’s ${rawScore.toFixed(1)}. ` +
    "The level and the score above are the absolute ones.";
}

/**
 * @param {HTMLElement} card
 * @param {JudgedStatement} statement
 */
function fillConfidence(card, statement) {
  const { between, confidence, level, level_probabilities: shares } = statement;
  find(card, ".confidence-number").textContent = `${Math.round(100 * confidence)} %`;
  /** @param {Level} name */
  const quoted = (name) => `“${name === "none" ? "no pain expression" : name}”`;
  find(card, ".confidence-text").textContent = between
    ? `Neither level is clear: ${between
        .map((name) => `${quoted(name)} is right with ${Math.round(100 * shares[name])} %`)
        .join(", ")}, judged by the faces the model was calibrated on.`
    : `How likely ${quoted(level)} is the right level, judged by the faces the model was ` +
      "calibrated on.";
}

/**
 * Add a bar for the probability of each level. The rows stay the same, so that a live view does not
 * flicker.
 *
 * @param {HTMLElement} list
 * @param {Scale} scale
 */
function createShares(list, scale) {
  const rows = scale.levels.map(({ name }) => createShareRow(name));
  list.append(...rows.map(({ row }) => row));
  /** @param {JudgedStatement} statement */
  return ({ level, between, level_probabilities: probabilities }) => {
    for (const { name, row, number, fill } of rows) {
      const percent = 100 * probabilities[name];
      number.textContent = percent > 0 && percent < 1 ? "< 1 %" : `${Math.round(percent)} %`;
      fill.style.width = `${percent}%`;
      row.classList.toggle("current", (between ?? [level]).includes(name));
    }
  };
}

/** @param {Level} name */
function createShareRow(name) {
  const row = create("li");
  row.dataset.shape = name;
  const number = create("span", "share-number");
  const meter = create("span", "meter");
  const fill = create("span", "meter-fill");
  meter.append(fill);
  row.append(shapeIcon(name), create("span", "", capitalised(levelWord(name))), meter, number);
  return { name, row, number, fill };
}
