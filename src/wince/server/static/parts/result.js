// A result: four lines of fixed height, and what explains them, folded.

/** @import { Scale } from "../types.js" */
/** @import { MapView } from "../state.js" */
/** @import { NeutralActions, NeutralView } from "./neutral.js" */
/** @import { ResultLines, ResultSource } from "./result_lines.js" */

import { createActionUnits } from "./action_units.js";
import { create, find, fromTemplate, setText } from "../dom.js";
import { SHAPES, STATE_SHAPES, shapeName } from "../levels.js";
import { createMapControls } from "./map_controls.js";
import { createNeutralControls } from "./neutral.js";
import { createNumbers } from "./numbers.js";
import { remarks, resultLines, scoreOf, scoredOf, statementOf } from "./result_lines.js";
import { createScaleBar } from "./scale_bar.js";
import { adviceFor } from "../speech/wording.js";
import { displayed } from "../texts.js";

/**
 * @typedef {ResultSource & { map: MapView } & NeutralView} ResultView
 *
 * @typedef {object} ResultActions
 * @property {() => void} sayAgain
 * @property {(change: Partial<MapView>) => void} setMap
 * @property {NeutralActions} neutral
 */

/**
 * Add a result to `root`.
 *
 * @param {HTMLElement} root
 * @param {Scale} scale
 * @param {ResultActions} actions
 */
export function createResult(root, scale, actions) {
  const card = fromTemplate("result-template");
  root.append(card);
  const drawScale = createScaleBar(find(card, ".scale"), scale);
  const sayAgain = find(card, ".say-again", HTMLButtonElement);
  sayAgain.addEventListener("click", actions.sayAgain);
  const folds = createFolds(card, scale, actions);

  /** @param {ResultView} view */
  return (view) => {
    const lines = resultLines(scale, view);
    const statement = statementOf(view);
    drawLines(card, lines);
    drawScale(lines.kind === "level" || lines.kind === "score" ? scoredOf(statement) : null);
    sayAgain.disabled = !statement || !["level", "score", "cannot-tell"].includes(lines.kind);
    folds(view);
  };
}

/**
 * @param {HTMLElement} card
 * @param {ResultLines} lines
 */
function drawLines(card, lines) {
  const { kind, level } = lines;
  if (card.dataset.kind !== kind) card.dataset.kind = kind;
  const levelShape = level === null ? undefined : shapeName(level);
  if (card.dataset.level !== levelShape) {
    if (levelShape) card.dataset.level = levelShape;
    else delete card.dataset.level;
  }
  const shape = levelShape ? SHAPES[levelShape] : STATE_SHAPES[stateShape(kind)];
  const path = find(card, ".shape path", SVGPathElement);
  if (path.getAttribute("d") !== shape) path.setAttribute("d", shape);
  for (const name of /** @type {const} */ ([
    "title",
    "score",
    "range",
    "certainty",
    "next",
    "problem",
  ])) {
    setText(find(card, `.result-${name}`), lines[name]);
  }
}

/**
 * @param {ResultLines["kind"]} kind
 * @returns {keyof typeof STATE_SHAPES}
 */
function stateShape(kind) {
  if (kind === "problem") return "cannot-tell";
  return kind === "level" ? "waiting" : kind;
}

/**
 * Connect the folded parts. Each is drawn while it is open; open and closed is up to the user.
 *
 * @param {HTMLElement} card
 * @param {Scale} scale
 * @param {ResultActions} actions
 */
function createFolds(card, scale, actions) {
  const drawUnits = createActionUnits(find(card, ".why-units"), scale, actions.setMap);
  const drawMap = createMapControls(find(card, ".why-map"), scale, actions.setMap);
  const drawNeutral = createNeutralControls(find(card, ".compare-body"), scale, actions.neutral);
  /** @type {[string, (view: ResultView) => void][]} */
  const parts = [
    [
      "why",
      (view) => {
        drawUnits(view);
        drawMap(view);
      },
    ],
    ["numbers", createNumbers(find(card, ".numbers-body"), scale)],
    ["compare", (view) => drawNeutral(view, scoreOf(view)?.change ?? null)],
    ["advice", (view) => drawAdvice(card, scale, view)],
  ];
  /** @type {ResultView | null} */
  let last = null;
  const folds = parts.map(([name, draw]) => {
    const fold = find(card, `.fold-${name}`, HTMLDetailsElement);
    fold.addEventListener("toggle", () => {
      if (fold.open && last) draw(last);
    });
    return { fold, draw };
  });
  /** @param {ResultView} view */
  return (view) => {
    last = view;
    for (const { fold, draw } of folds) if (fold.open) draw(view);
  };
}

/**
 * Draw the advice as a whole, and what limits the result.
 *
 * @param {HTMLElement} card
 * @param {Scale} scale
 * @param {ResultView} view
 */
function drawAdvice(card, scale, view) {
  const statement = view.problem ? null : statementOf(view);
  const scored = scoredOf(statement);
  setText(find(card, ".advice"), scored ? displayed(adviceFor(scale, scored)) : "");
  const list = find(card, ".remarks");
  const texts = view.problem ? [] : remarks(view);
  if ([...list.children].map((item) => item.textContent).join("\n") === texts.join("\n")) return;
  list.replaceChildren(...texts.map((text) => create("li", "", text)));
}
