// The result card: one for each tab, filled from an assessment.

import { drawScale } from "./scale.js";
import { SHAPES, levelRange, levelWord, shapeIcon } from "./shapes.js";
import { createUnits } from "./units.js";

/**
 * Put a result card into `root`. facts: from /v1/scale; languages: the one for its words;
 * onSayAgain(assessment) on the button.
 */
export function createResult(root, facts, { languages, waitingText, onSayAgain }) {
  const card = document.getElementById("result-template").content.cloneNode(true).firstElementChild;
  root.append(card);
  const find = (selector) => card.querySelector(selector);
  if (waitingText) find(".waiting-text").textContent = waitingText;
  const legend = facts.levels.map(legendRow);
  find(".legend").append(...legend);
  let shown = null;
  let choose = () => {};
  const units = createUnits(find(".units-section"), facts, (name) => choose(name));
  const shares = createShares(find(".shares"), facts);
  find(".say-again").addEventListener("click", () => onSayAgain(shown));

  function fillWords() {
    for (const row of legend) languages.putTitle(row.querySelector(".word"), row.dataset.shape);
    if (!shown) return;
    languages.putTitle(find(".level-name"), shown.level);
    languages.putSentence(find(".sentence"), shown);
  }

  languages.onChange(fillWords);
  fillWords();

  function only(name) {
    for (const part of ["waiting", "problem", "refused", "found"]) {
      find(`.${part}`).hidden = part !== name;
    }
    if (name !== "found") delete card.dataset.level;
  }

  function setAway(sentence) {
    find(".away").textContent = sentence ?? "";
    find(".away").hidden = !sentence;
    find(".found").classList.toggle("stale", Boolean(sentence));
  }

  return {
    /** Show an assessment. */
    show(assessment) {
      shown = assessment;
      if (assessment.level === null) {
        only("refused");
        fillRefusal(find, assessment);
        return;
      }
      only("found");
      setAway(null);
      card.dataset.level = assessment.level;
      find(".shape path").setAttribute("d", SHAPES[assessment.level]);
      find(".score-number").textContent = assessment.pspi.toFixed(1);
      fillWords();
      find(".advice").textContent = assessment.advice;
      fillWarnings(find(".warnings"), assessment);
      drawScale(find(".scale"), facts, assessment);
      const [low, high] = assessment.interval.map((end) => end.toFixed(1));
      find(".interval-text").textContent = `90 % interval: ${low} to ${high}`;
      fillChange(find, facts, assessment);
      fillConfidence(find, shares, assessment);
      units.show(assessment);
      const { model, milliseconds } = assessment;
      find(".made-by").textContent =
        `Model ${model.name} ${model.version}, ${Math.round(total(milliseconds))} ms.`;
    },
    /** Say that there is no face at present; the last result stays, as the last one. */
    away(sentence) {
      if (shown?.level) setAway("No face in view. This is the last result.");
      else this.fail(sentence);
    },
    /** Show why there is no result. */
    fail(sentence, title = "This could not be assessed") {
      shown = null;
      only("problem");
      find(".problem h2").textContent = title;
      find(".problem-text").textContent = sentence;
    },
    /** Call `handle` with the name of each action unit whose bar is pressed. */
    onChoose(handle) {
      choose = handle;
    },
    /** Mark the action unit whose map is shown; null for none. */
    mark: units.mark,
    /** Go back to the empty card. */
    clear() {
      shown = null;
      only("waiting");
    },
  };
}

function legendRow({ name, from_score: from, to_score: to }) {
  const row = document.createElement("li");
  row.dataset.shape = name;
  const word = document.createElement("span");
  word.className = "word";
  const range = document.createElement("span");
  range.textContent = levelRange(from, to);
  row.append(shapeIcon(name), word, range);
  return row;
}

function fillWarnings(list, { quality }) {
  list.hidden = quality.warnings.length === 0;
  list.replaceChildren(
    ...quality.warnings.map((warning) => {
      const row = document.createElement("li");
      row.textContent = warning;
      return row;
    }),
  );
}

/** Say that the picture cannot be judged and why, in place of every number. */
function fillRefusal(find, { quality }) {
  const rows = (texts) =>
    texts.map((text) => {
      const row = document.createElement("li");
      row.textContent = text;
      return row;
    });
  find(".reasons").replaceChildren(...rows(Object.values(quality.reasons)));
  find(".refused-warnings").replaceChildren(...rows(quality.warnings));
}

/** Say how far the expression is from the person's neutral face, when that is set. */
function fillChange(find, facts, { change, raw_score: raw }) {
  find(".change").hidden = !change;
  if (!change) return;
  const { pspi: points, neutral } = change;
  find(".change-number").textContent = `+${points.toFixed(1)}`;
  find(".change .meter-fill").style.width = `${(100 * points) / facts.maximum}%`;
  find(".change-text").textContent =
    `${points.toFixed(1)} of ${facts.maximum} points above it: the neutral face’s score is ` +
    `${neutral.raw_score.toFixed(1)}, this one’s ${raw.toFixed(1)}. ` +
    "The level and the score above are the absolute ones.";
}

/** A bar for the probability of each level; the rows stay, so that a live view does not flicker. */
function createShares(list, facts) {
  const rows = facts.levels.map(({ name }) => {
    const row = document.createElement("li");
    row.dataset.shape = name;
    const [word, number, meter, fill] = ["", "share-number", "meter", "meter-fill"].map((kind) => {
      const made = document.createElement("span");
      made.className = kind;
      return made;
    });
    word.textContent = capital(levelWord(name));
    meter.append(fill);
    row.append(shapeIcon(name), word, meter, number);
    return [name, { row, number, fill }];
  });
  list.append(...rows.map(([, { row }]) => row));
  return ({ level, level_probabilities: shares }) => {
    list.hidden = !shares;
    if (!shares) return;
    for (const [name, { row, number, fill }] of rows) {
      const share = 100 * shares[name];
      number.textContent = share > 0 && share < 1 ? "< 1 %" : `${Math.round(share)} %`;
      fill.style.width = `${share}%`;
      row.classList.toggle("current", name === level);
    }
  };
}

function capital(words) {
  return words[0].toUpperCase() + words.slice(1);
}

function fillConfidence(find, fillShares, assessment) {
  const { confidence, level } = assessment;
  find(".confidence-number").textContent = `${Math.round(100 * confidence)} %`;
  fillShares(assessment);
  const what = level === "none" ? "no pain expression" : `${level}`;
  find(".confidence-text").textContent =
    `How likely “${what}” is the right level, judged by the faces the model was calibrated on.`;
}

function total(milliseconds) {
  return milliseconds.total ?? Object.values(milliseconds).reduce((sum, time) => sum + time, 0);
}
