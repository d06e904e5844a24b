// What the model learned from, how often it errs, and what it is not for, in words for people.

/** @import { State } from "../state.js" */
/** @import { Model, Scale } from "../types.js" */

import { byId, create, find, setText } from "../dom.js";
import { problemOf, problemText } from "../errors.js";
import { isPspi } from "../levels.js";
import { number, percent, t } from "../texts.js";

/** Name of the model that comes with wince, which the texts are about. */
const PACKAGED = "wince-starter";

/**
 * What the texts need of its manifest.
 *
 * @typedef {object} PackagedModel
 * @property {{ faces: number, subjects: number, faces_rated_once: number }} trained_on
 * @property {{ all: { mae: number },
 *   calibration: { accuracy: number, interval_coverage: number },
 *   levels: Record<"neutral" | "grimaces" | "severe",
 *     { faces: number, none: number, mild: number }> }} figures
 */

/**
 * Return the four numbers about errors, each with its explanation.
 *
 * @param {PackagedModel} model
 * @returns {[string, string][]}
 */
export function errorRows({ figures: { all, calibration, levels } }) {
  const { none, mild } = levels.grimaces;
  return [
    [number(all.mae, { maximumFractionDigits: 1 }), t("about.error")],
    [percent(calibration.accuracy), t("about.level")],
    [percent(calibration.interval_coverage), t("about.range")],
    [percent(1 - none), t("about.strong", { moderate: percent(1 - none - mild) })],
  ];
}

/**
 * Return the paragraphs with numbers, by the end of their class.
 *
 * @param {PackagedModel} model
 */
export function paragraphs({ trained_on: data, figures: { levels } }) {
  const calm = percent(1 - levels.neutral.none);
  return {
    learned: t("about.learned", {
      faces: data.faces,
      people: data.subjects,
      more: data.faces_rated_once,
    }),
    measured: t("about.measured", { faces: data.faces }),
    severe: t("about.severe", { count: levels.severe.faces, calm }),
  };
}

/**
 * Fill the section. Its fixed texts are in the document.
 *
 * @param {Model} model
 * @param {Scale} scale
 * @param {() => Promise<Node[]>} getModelCard
 * @returns {(state: State) => void}
 */
export function createAbout(model, scale, getModelCard) {
  const section = byId("about");
  const isPackaged = model.name === PACKAGED;
  find(section, ".about-other-model").hidden = isPackaged;
  for (const name of ["learned", "errors"]) find(section, `.about-${name}`).hidden = !isPackaged;
  const hasPspi = isPspi(scale);
  setHidden(section, ".about-pspi", !hasPspi);
  setHidden(section, ".about-other", hasPspi);
  connectCard(section, getModelCard);
  let drawnLanguage = "";
  return ({ language }) => {
    if (language === drawnLanguage) return;
    drawnLanguage = language;
    setText(
      find(section, ".about-version"),
      t("about.version", { name: model.name, version: model.version }),
    );
    const { name, minimum, maximum } = scale;
    const range = t("about.other-scale", { scale: name, minimum, maximum });
    setText(find(section, ".about-scale"), range);
    if (isPackaged)
      drawNumbers(section, /** @type {PackagedModel} */ (/** @type {unknown} */ (model)));
  };
}

/**
 * @param {HTMLElement} section
 * @param {string} selector
 * @param {boolean} isHidden
 */
function setHidden(section, selector, isHidden) {
  for (const part of section.querySelectorAll(selector)) part.toggleAttribute("hidden", isHidden);
}

/**
 * @param {HTMLElement} section
 * @param {PackagedModel} model
 */
function drawNumbers(section, model) {
  for (const [name, text] of Object.entries(paragraphs(model))) {
    setText(find(section, `.about-${name}`), text);
  }
  const rows = errorRows(model).map(([value, meaning]) => {
    const row = create("div");
    row.append(create("dt", "", value), create("dd", "", meaning));
    return row;
  });
  find(section, "dl").replaceChildren(...rows);
}

/**
 * Fetch the model card when it is opened for the first time, and again after a failure.
 *
 * @param {HTMLElement} section
 * @param {() => Promise<Node[]>} getModelCard
 */
export function connectCard(section, getModelCard) {
  const fold = find(section, ".fold", HTMLDetailsElement);
  const problem = find(section, ".about-card-problem");
  const card = find(section, ".model-card");
  let isLoading = false;
  fold.addEventListener("toggle", async () => {
    if (!fold.open || isLoading || card.hasChildNodes()) return;
    isLoading = true;
    try {
      card.replaceChildren(...(await getModelCard()));
      problem.hidden = true;
    } catch (error) {
      setText(problem, problemText(problemOf(error)));
      problem.hidden = false;
    } finally {
      isLoading = false;
    }
  });
}
