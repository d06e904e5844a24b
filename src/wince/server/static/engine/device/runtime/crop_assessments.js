// From checked face crops to assessments: network, calibration, sentences. Mirrors
// src/wince/runtime/crop_assessments.py.

/** @import { Assessment, NeutralFace } from "../../../types.js" */
/** @import { SpeechTexts } from "../../../texts.js" */
/** @import { FaceCrop } from "../types.js" */
/** @import { Estimate, Estimator } from "./estimator.js" */

import { constants } from "../constants.js";
import { rounded, roundedValues } from "../rounding.js";
import { UNIT_NAMES, isPspi } from "../scale.js";
import { betweenOf, confidenceOf } from "./calibration.js";
import { placeMaps } from "./heatmap.js";
import { changeOf } from "./neutral.js";
import { adviceOf, refusalOf, sentenceOf } from "./sentences.js";

const { SCHEMA } = constants.assessment;

/**
 * @typedef {object} AssessmentOptions
 * @property {boolean} withMap Whether to add the contribution of each part of the face.
 * @property {NeutralFace | null} neutral Adds the change against it.
 * @property {Record<string, number>} stages Milliseconds of the stages so far.
 */

/**
 * Return the assessments of crops, in the form of the server's JSON. The network is not asked about
 * faces that cannot be judged.
 *
 * @param {FaceCrop[]} crops
 * @param {Estimator} estimator
 * @param {SpeechTexts} texts
 * @param {AssessmentOptions} options
 * @returns {Promise<Assessment[]>}
 */
export async function assessCrops(crops, estimator, texts, { withMap, neutral, stages }) {
  const judged = crops.filter(({ face }) => face.usable);
  const began = performance.now();
  const estimates = judged.length
    ? await estimator.estimate(judged.map(({ pixels }) => pixels))
    : [];
  const share = (performance.now() - began) / Math.max(1, judged.length);
  return crops.map((crop) => {
    const estimate = estimates[judged.indexOf(crop)];
    const milliseconds = durations(stages, estimate ? share : 0);
    const common = { ...faceMembers(crop, estimator), milliseconds };
    if (!estimate) return /** @type {Assessment} */ ({ ...common, ...refusalMembers(crop, texts) });
    return /** @type {Assessment} */ ({
      ...common,
      ...scoreMembers(estimate, estimator, texts),
      ...(withMap && { heatmap: placeMaps(estimate, crop.quad, estimator.scale) }),
      ...(neutral && { change: changeMember(estimate, neutral, estimator) }),
    });
  });
}

/**
 * @param {Record<string, number>} stages
 * @param {number} score
 */
function durations(stages, score) {
  const all = { ...stages, score };
  const total = Object.values(all).reduce((sum, duration) => sum + duration, 0);
  return roundedValues({ ...all, total }, 2);
}

/**
 * @param {FaceCrop} crop
 * @param {Estimator} estimator
 */
function faceMembers({ face, faces, quality }, { model, scale }) {
  return { schema: SCHEMA, scale, face, faces, quality, model };
}

/**
 * @param {FaceCrop} crop
 * @param {SpeechTexts} texts
 */
function refusalMembers({ judgement: { reasons } }, texts) {
  return {
    pspi: null,
    score: null,
    interval: null,
    level: null,
    between: null,
    level_probabilities: null,
    confidence: null,
    action_units: null,
    raw_score: null,
    ...refusalOf(texts, Object.keys(reasons)),
  };
}

/**
 * @param {Estimate} estimate
 * @param {Estimator} estimator
 * @param {SpeechTexts} texts
 */
function scoreMembers(estimate, { calibration, scale }, texts) {
  const score = calibration.stated(estimate.raw);
  const between = betweenOf(score, scale);
  return {
    ...score,
    pspi: isPspi(scale) ? score.score : null,
    level_probabilities: score.level === null ? null : score.level_probabilities,
    between,
    confidence: confidenceOf(score),
    action_units: unitsOf(estimate),
    raw_score: rounded(estimate.raw, 3),
    sentence: sentenceOf(texts, score, between, scale),
    advice: adviceOf(texts, score.level, between, scale),
  };
}

/**
 * @param {Estimate} estimate
 * @param {NeutralFace} neutral
 * @param {Estimator} estimator
 */
function changeMember(estimate, neutral, { scale }) {
  return changeOf(unitsOf(estimate), rounded(estimate.raw, 3), neutral, scale);
}

/**
 * Return the rounded intensities by name.
 *
 * @param {Estimate} estimate
 */
function unitsOf({ units }) {
  if (units === null) return null;
  return Object.fromEntries(UNIT_NAMES.map((name, index) => [name, rounded(units[index], 3)]));
}
