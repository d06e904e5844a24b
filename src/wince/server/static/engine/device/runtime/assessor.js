// From an image to an assessment: detection, quality check, network, calibration. Mirrors
// src/wince/runtime/assessor.py.

/** @import { Assessment, NeutralFace } from "../../../types.js" */
/** @import { SpeechTexts } from "../../../texts.js" */
/** @import { FindCandidates } from "../faces/network.js" */
/** @import { Regression, UprightImage } from "../types.js" */
/** @import { Estimator } from "./estimator.js" */

import { UserError } from "../../../errors.js";
import { constants } from "../constants.js";
import { detect } from "../faces/detect.js";
import { FrameView } from "../faces/frame_view.js";
import { assessCrops } from "./crop_assessments.js";
import { checkFace, cutCrop } from "./face_crop.js";
import { isExpressive, medianFace } from "./neutral.js";

/**
 * @typedef {object} ImageOptions
 * @property {number | null} [face] Which face, by size from 0; null for the largest.
 * @property {NeutralFace | null} [neutral]
 * @property {boolean} [withMap]
 */

/** Assesses how much pain a face expresses, with one loaded model. */
export class Assessor {
  /**
   * @param {object} parts
   * @param {FindCandidates} parts.candidates The face detector.
   * @param {Record<string, Regression>} parts.regressions Of covered eyes and mouths.
   * @param {Estimator} parts.estimator
   * @param {SpeechTexts} parts.texts
   */
  constructor({ candidates, regressions, estimator, texts }) {
    this.candidates = candidates;
    this.regressions = regressions;
    this.estimator = estimator;
    this.texts = texts;
  }

  /**
   * Assess one face in an image.
   *
   * @param {UprightImage} image
   * @param {ImageOptions} [options]
   * @param {number} [decode] Milliseconds that decoding took.
   * @returns {Promise<Assessment>}
   * @throws {UserError} There is no face, or none with this index, or the neutral face is from another
   *   model.
   */
  async assess(image, { face = null, neutral = null, withMap = false } = {}, decode = 0) {
    if (neutral) this.checkModel(neutral);
    const began = performance.now();
    const faces = await detect(this.candidates, image.rgb);
    const detected = performance.now();
    const index = face ?? 0;
    if (index >= faces.length) throw missingFace(index, faces.length);
    const view = FrameView.of(image);
    const checked = faces.map((each) => this.check(image, view, view.toFrame(each)));
    const cut = performance.now();
    const isChoice = faces.length > 1;
    const crop = cutCrop(image, view, checked, index, this.estimator.spec, isChoice);
    const stages = {
      decode,
      find_face: detected - began,
      check: cut - detected,
      align: performance.now() - cut,
    };
    const options = { withMap, neutral, stages };
    const [assessment] = await assessCrops([crop], this.estimator, this.texts, options);
    return assessment;
  }

  /**
   * Return a face, in pixels of the frame of a view, with its judgement.
   *
   * @param {UprightImage} image
   * @param {FrameView} view
   * @param {import("../faces/face.js").Face} face
   */
  check(image, view, face) {
    return checkFace(image, view, face, this.regressions);
  }

  /**
   * Return a person's neutral face: the median over images of them at rest.
   *
   * @param {UprightImage[]} images One or more.
   * @param {boolean} anyExpression Whether it may be rated above the lowest level.
   * @returns {Promise<NeutralFace>}
   * @throws {UserError} An image cannot be used, or the face is above the lowest level.
   */
  async neutralFace(images, anyExpression) {
    const scores = [];
    for (const image of images) {
      const { raw_score: raw, action_units: units } = await this.assess(image);
      if (raw === null) throw new UserError("neutral-not-judged");
      scores.push({ raw_score: raw, action_units: units });
    }
    const { calibration, model, scale } = this.estimator;
    const neutral = medianFace(scores, model);
    const score = calibration.median(neutral.raw_score);
    if (!anyExpression && isExpressive(score, scale)) throw new UserError("expressive-face");
    return neutral;
  }

  /**
   * @param {NeutralFace} neutral
   * @throws {UserError} It is from another model.
   */
  checkModel({ model }) {
    const { name, version } = this.estimator.model;
    if (model.name === name && model.version === version) return;
    const detail = `The neutral face was made with the model ${model.name} ${model.version}.`;
    throw new UserError("invalid-request", {}, detail);
  }
}

/**
 * @param {number} index
 * @param {number} count Of the faces that were found.
 */
function missingFace(index, count) {
  if (count === 0) return new UserError("no-face", {}, constants.face_crop.NO_FACE);
  return new UserError(
    "no-face",
    { number: index + 1, faces: count },
    `Face number ${index + 1} by size was asked for, but only ${count} were found.`,
  );
}
