// Setting the person's neutral face: from the assessment in view, from photos at rest, or from
// frames. It stays in the memory of this page.

/** @import { Assessment, ImageFacts, JudgedStatement, NeutralFace } from "../types.js" */
/** @import { Engine } from "../engine/engine.js" */
/** @import { Store } from "../state.js" */

import { problemOf, UserError } from "../errors.js";
import { levelWord } from "../levels.js";

/** @typedef {JudgedStatement & ImageFacts} JudgedAssessment */
/** @typedef {ReturnType<typeof createNeutralFlow>} NeutralFlow */

const MAX_PHOTOS = 20; // the server's limit
const COLLECTING_SECONDS = 2; // duration of the frames that are collected
const MIN_FRAMES = 5; // frames that can be judged
const TIMEOUT_SECONDS = 10; // after which collecting is given up

/**
 * @param {object} options
 * @param {Store} options.store
 * @param {Engine} options.engine
 * @param {() => Assessment | null} options.current Returns the assessment in view.
 */
export function createNeutralFlow({ store, engine, current }) {
  /** @type {((face: NeutralFace | null) => void)[]} */
  const listeners = [];
  /** @type {{ start: number, firstAt: number | null, assessments: JudgedAssessment[] } | null} */
  let collection = null;
  /** @type {() => void} */
  let takeAnyway = () => {};
  let tasks = 0; // counts them, so that a late answer is recognised

  /** Begin a task, which ends the one before; return its number. */
  function begin() {
    collection = null;
    tasks += 1;
    return tasks;
  }

  /** @param {NeutralFace | null} neutral */
  function set(neutral) {
    begin();
    store.update({ neutral, neutralTask: null });
    for (const listener of listeners) listener(neutral);
  }

  /**
   * @param {import("../errors.js").Problem} problem
   * @param {(() => void) | null} [anyway] Takes it in spite of the problem.
   */
  function refuse(problem, anyway = null) {
    takeAnyway = anyway ?? (() => {});
    store.update({ neutralTask: { kind: "refused", problem, canTakeAnyway: anyway !== null } });
  }

  /** @param {JudgedAssessment[]} assessments */
  function setFrom(assessments) {
    const { terms, levels } = /** @type {import("../types.js").Scale} */ (store.get().info?.scale);
    const score = median(assessments.map((assessment) => assessment.score));
    const level = levels.findLast(({ from_score: from }) => score >= from)?.name;
    const face = medianFace(assessments, terms);
    if (level === undefined || level === levels[0].name) set(face);
    else {
      const values = { level: levelWord(level) };
      refuse({ code: "neutral-expressive", values, detail: "" }, () => set(face));
    }
  }

  /**
   * @param {File[]} photos
   * @param {boolean} anyExpression
   */
  async function read(photos, anyExpression) {
    const task = begin();
    store.update({ neutralTask: { kind: "reading" } });
    try {
      const face = await engine.getNeutralFace(photos.slice(0, MAX_PHOTOS), anyExpression);
      if (task === tasks) set(face);
    } catch (error) {
      if (task !== tasks) return;
      const problem = problemOf(error);
      const isExpressive = problem.code === "expressive-face";
      refuse(problem, isExpressive ? () => read(photos, true) : null);
      if (!(error instanceof UserError)) throw error;
    }
  }

  return {
    /**
     * Call a function after each change.
     *
     * @param {(face: NeutralFace | null) => void} listener
     */
    onChange: (listener) => listeners.push(listener),
    /** Take the assessment in view. */
    take() {
      begin();
      const assessment = current();
      if (assessment && assessment.score !== null) setFrom([assessment]);
      else {
        const code = assessment ? "neutral-not-judged" : "neutral-no-image";
        refuse({ code, values: {}, detail: "" });
      }
    },
    /** Take the frames of the next seconds, which `addFrame` adds. */
    collect() {
      begin();
      collection = { start: performance.now(), firstAt: null, assessments: [] };
      store.update({ neutralTask: { kind: "collecting" } });
    },
    /**
     * Add a frame, if frames are collected.
     *
     * @param {Assessment | null} assessment
     */
    addFrame(assessment) {
      if (!collection) return;
      const now = performance.now();
      if (assessment && assessment.score !== null) {
        collection.firstAt ??= now;
        collection.assessments.push(assessment);
      }
      const { start, firstAt, assessments } = collection;
      const isLong = firstAt !== null && now - firstAt >= 1000 * COLLECTING_SECONDS;
      if (isLong && assessments.length >= MIN_FRAMES) {
        collection = null;
        setFrom(assessments);
      } else if (now - start > 1000 * TIMEOUT_SECONDS) {
        collection = null;
        refuse({ code: "neutral-too-short", values: {}, detail: "" });
      }
    },
    /** Stop collecting frames, for example because no more come. */
    cancel() {
      if (!collection) return;
      collection = null;
      store.update({ neutralTask: null });
    },
    /**
     * Take the neutral face from photos of the person at rest.
     *
     * @param {File[]} photos
     */
    read: (photos) => read(photos, false),
    /** Take what was refused because it shows an expression. */
    takeAnyway: () => takeAnyway(),
    clear: () => set(null),
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
