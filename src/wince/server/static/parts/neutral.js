// The person's neutral face: set from the photo in view, from photos of the person at rest, or from
// live frames. It is stored in the memory of this page only.

/** @import { Assessment, ImageFacts, JudgedStatement, NeutralFace, Scale } from "../types.js" */

/** @typedef {JudgedStatement & ImageFacts} JudgedAssessment */

import { getNeutralFace } from "../engine/http.js";
import { find, fromTemplate, setText } from "../dom.js";
import { UserError, userMessage } from "../errors.js";

const MAX_PHOTOS = 20; // the server's limit
const COLLECTING_SECONDS = 2; // duration of the live frames that are collected
const MIN_FRAMES = 5; // live frames that can be judged
const TIMEOUT_SECONDS = 10; // after which collecting is given up
const EXPLANATION =
  "Scores are then also shown as points above this person’s own face at rest. It stays in the " +
  "memory of this page only; clear it when another person comes.";

/** @typedef {ReturnType<typeof createNeutralFace>} NeutralFaceState */

/** Return the neutral face of the page, shared by both tabs. */
export function createNeutralFace() {
  /** @type {NeutralFace | null} */
  let neutral = null;
  /** @type {((face: NeutralFace | null) => void)[]} */
  const listeners = [];

  return {
    /** Return the neutral face, or null. */
    get: () => neutral,
    /** @param {NeutralFace | null} face */
    set(face) {
      neutral = face;
      for (const listener of listeners) listener(neutral);
    },
    /**
     * Call a function after each change.
     *
     * @param {(face: NeutralFace | null) => void} listener
     */
    onChange: (listener) => listeners.push(listener),
  };
}

/**
 * Return the neutral face of assessments: the median of each action unit, and their score by the
 * terms of the scale; for a model without action units the median score.
 *
 * @param {JudgedAssessment[]} assessments
 * @param {string[][]} terms
 * @returns {NeutralFace}
 */
function medianFace(assessments, terms) {
  const { model, action_units: first } = assessments[0];
  /** @param {(assessment: JudgedAssessment) => number} read */
  const medianOf = (read) => median(assessments.map(read));
  const units =
    first &&
    Object.fromEntries(
      Object.keys(first).map((name) => [
        name,
        medianOf((assessment) => assessment.action_units?.[name] ?? 0),
      ]),
    );
  const rawScore = units
    ? terms.reduce((sum, names) => sum + Math.max(...names.map((name) => units[name])), 0)
    : medianOf((assessment) => assessment.raw_score);
  return { action_units: units, raw_score: rawScore, images: assessments.length, model };
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Add the controls of the neutral face to `root`.
 *
 * @param {HTMLElement} root
 * @param {NeutralFaceState} neutral
 * @param {Scale} scale
 * @param {object} [options]
 * @param {() => Assessment | null} [options.currentAssessment] Returns that of the photo in view.
 * @param {boolean} [options.live] Whether to collect the frames that are passed to `addFrame`.
 */
export function createNeutralControls(
  root,
  neutral,
  scale,
  { currentAssessment = () => null, live = false } = {},
) {
  const panel = fromTemplate("neutral-template");
  root.append(panel);
  const state = find(panel, ".neutral-state");
  const setButton = find(panel, ".neutral-set", HTMLButtonElement);
  const chooseButton = find(panel, ".neutral-choose");
  const clearButton = find(panel, ".neutral-clear");
  const anywayButton = find(panel, ".neutral-anyway");
  const files = find(panel, ".neutral-files", HTMLInputElement);
  setButton.textContent = live ? "Set neutral face" : "This is the face at rest";
  chooseButton.hidden = live;
  find(panel, ".neutral-text").textContent = live
    ? `“Set neutral face” takes the next ${COLLECTING_SECONDS} seconds of the person at rest. ` +
      EXPLANATION
    : `Take this photo, or others of the same person at rest. ${EXPLANATION}`;
  /** @type {{ start: number, firstAt: number | null, assessments: JudgedAssessment[] } | null} */
  let collection = null; // live frames, while they are being collected

  /** @param {NeutralFace | null} face */
  function show(face) {
    clearButton.hidden = !face;
    anywayButton.hidden = true;
    panel.classList.toggle("on", Boolean(face));
    const count = face?.images;
    setText(
      state,
      face
        ? `Neutral face set from ${count} ${count === 1 ? "image" : "images"}; ` +
            `its score is ${face.raw_score.toFixed(1)}. Results show the points above it.`
        : "No neutral face is set.",
    );
  }

  /**
   * Refuse a face that shows an expression, and offer to take it anyway.
   *
   * @param {string} message
   * @param {() => void} takeAnyway
   */
  function refuse(message, takeAnyway) {
    setText(state, message);
    anywayButton.hidden = false;
    anywayButton.onclick = takeAnyway;
  }

  /** @param {JudgedAssessment[]} assessments */
  function setFrom(assessments) {
    const pspi = median(assessments.map((assessment) => assessment.pspi));
    const face = medianFace(assessments, scale.terms);
    const level = scale.levels.findLast(({ from_score: from }) => pspi >= from);
    if (level?.name === "none") neutral.set(face);
    else {
      refuse(
        `The face at rest is rated ${level?.name}. Take it when the person is at rest. ` +
          "If this is how they look at rest, use it anyway.",
        () => neutral.set(face),
      );
    }
  }

  function setFromPhoto() {
    const assessment = currentAssessment();
    if (assessment?.level) setFrom([assessment]);
    else {
      setText(
        state,
        "This photo cannot be judged, so it cannot be the neutral face. Take another one.",
      );
    }
  }

  async function setFromFiles() {
    const chosen = [...(files.files ?? [])].slice(0, MAX_PHOTOS);
    files.value = ""; // so that the same photos can be chosen again
    if (!chosen.length) return;
    await readFiles(chosen, false);
  }

  /**
   * @param {File[]} chosen
   * @param {boolean} anyExpression
   */
  async function readFiles(chosen, anyExpression) {
    setText(state, "Reading the photos of the face at rest …");
    try {
      neutral.set(await getNeutralFace(chosen, anyExpression));
    } catch (error) {
      if (error instanceof UserError && error.kind === "expressive-face") {
        refuse(error.message, () => readFiles(chosen, true));
        return;
      }
      setText(state, userMessage(error));
      if (!(error instanceof UserError)) throw error;
    }
  }

  /** @param {Assessment | null} assessment */
  function collect(assessment) {
    if (!collection) return;
    const now = performance.now() / 1000;
    if (assessment?.level) {
      collection.firstAt ??= now;
      collection.assessments.push(assessment);
    }
    const { start, firstAt, assessments } = collection;
    const collected = firstAt !== null && now - firstAt >= COLLECTING_SECONDS;
    if (collected && assessments.length >= MIN_FRAMES) {
      endCollecting();
      setFrom(assessments);
    } else if (now - start > TIMEOUT_SECONDS) {
      endCollecting();
      setText(
        state,
        "The face could not be read long enough. Face the camera in good light and try again.",
      );
    }
  }

  function endCollecting() {
    collection = null;
    setButton.disabled = false;
  }

  setButton.addEventListener("click", () => {
    if (!live) {
      setFromPhoto();
      return;
    }
    collection = { start: performance.now() / 1000, firstAt: null, assessments: [] };
    setButton.disabled = true;
    setText(state, "Collecting the neutral face: the person at rest, facing the camera …");
  });
  chooseButton.addEventListener("click", () => files.click());
  files.addEventListener("change", setFromFiles);
  clearButton.addEventListener("click", () => {
    neutral.set(null);
    setButton.focus();
  });
  neutral.onChange(show);
  show(neutral.get());

  return {
    /**
     * Pass the assessment of a live frame, or null.
     *
     * @param {Assessment | null} assessment
     */
    addFrame: collect,
    /** Cancel collecting, for example when the live view stops. */
    cancel() {
      if (!collection) return;
      endCollecting();
      show(neutral.get());
    },
  };
}
