// The faces of an image, cropped for the network and checked for quality. Mirrors
// src/wince/runtime/face_crop.py.

/** @import { Box, Point, Quality, Face as DetectedFace } from "../../../types.js" */
/** @import { Face } from "../faces/face.js" */
/** @import { CheckedFace, FaceCrop, FaceSpec, Regression, UprightImage } from "../types.js" */

import { constants } from "../constants.js";
import { align, pixelsPerCropPixel } from "../faces/align.js";
import { FrameView } from "../faces/frame_view.js";
import { rounded, roundedAll } from "../rounding.js";
import { cropCorners } from "./heatmap.js";
import { judge, measure, shareOutside } from "./quality.js";

const { KEYPOINTS } = constants.face;
const { CUT, SPEC } = constants.quality;

/**
 * Return a face, in pixels of the frame of `view`, with its judgement.
 *
 * @param {UprightImage} image
 * @param {FrameView} view
 * @param {Face} face
 * @param {Record<string, Regression>} regressions Of covers; occlusion.json.
 * @returns {CheckedFace}
 */
export function checkFace(image, view, face, regressions) {
  const measures = measure(image.rgb, view.toImage(face), view.scale, regressions);
  return { face, judgement: judge(measures) };
}

/**
 * Return whether an image shows a face as well as the whole frame at full size would.
 *
 * A reduced image does if it still has as many pixels as the crop. The edge of a part may cut off as
 * much of the face as is judged without a warning.
 *
 * @param {UprightImage} image
 * @param {FrameView} view Which part of the frame it shows.
 * @param {Face} face The face in pixels of the frame.
 * @param {FaceSpec} spec How the model's crop is cut.
 */
export function hasFullDetail({ rgb }, view, face, spec) {
  if (spec.kind === "whole") return view.isWhole;
  const inImage = view.toImage(face);
  const detail = Math.min(pixelsPerCropPixel(inImage, spec), pixelsPerCropPixel(inImage, SPEC));
  if (view.isReduced && detail < 1) return false;
  const cutByPart =
    shareOutside(inImage, rgb.width, rgb.height) - shareOutside(face, view.size[0], view.size[1]);
  return cutByPart <= CUT.warn;
}

/**
 * Return the faces of an image, the largest first, as assessments list them.
 *
 * @param {CheckedFace[]} faces
 * @returns {DetectedFace[]}
 */
export function detectedFaces(faces) {
  return faces.map(({ face, judgement }, index) => ({
    box: /** @type {Box} */ (roundedAll(face.box, 1)),
    keypoints: Object.fromEntries(
      KEYPOINTS.map((name, place) => [
        name,
        /** @type {Point} */ (roundedAll(face.keypoints[place], 1)),
      ]),
    ),
    score: rounded(face.score, 4),
    yaw: rounded(face.yaw, 1),
    pitch: rounded(face.pitch, 1),
    roll: rounded(face.roll, 1),
    usable: isUsable(judgement),
    reasons: judgement.reasons,
    index,
  }));
}

/**
 * Return the crop of one of the faces of an image.
 *
 * @param {UprightImage} image
 * @param {FrameView} view Which part of the frame it shows.
 * @param {CheckedFace[]} faces The faces of the frame, the largest first.
 * @param {number} index Which of them.
 * @param {FaceSpec} spec How the crop is cut.
 * @param {boolean} isChoice Whether to warn that other faces were found.
 * @returns {FaceCrop}
 */
export function cutCrop(image, view, faces, index, spec, isChoice) {
  const { face, judgement } = faces[index];
  const listed = detectedFaces(faces);
  return {
    pixels: align(image.rgb, view.toImage(face), spec),
    quad: cropCorners(face, spec, view.size),
    face: listed[index],
    faces: listed,
    judgement,
    quality: qualityOf(faces, index, isChoice, image.warnings),
  };
}

/**
 * Return the quality of one of the faces; parameters as of `cutCrop`.
 *
 * @param {CheckedFace[]} faces
 * @param {number} index
 * @param {boolean} isChoice
 * @param {string[]} [fileWarnings]
 * @returns {Quality}
 */
function qualityOf(faces, index, isChoice, fileWarnings = []) {
  const { judgement } = faces[index];
  const warnings = Object.entries(judgement.warnings);
  const values = { ...judgement.values };
  if (isChoice) {
    const which = index === 0 ? "The largest" : `Number ${index + 1} by size`;
    warnings.unshift(["other-faces", `${faces.length} faces were found. ${which} was assessed.`]);
    values["other-faces"] = { faces: faces.length, number: index + 1 };
  }
  for (const sentence of fileWarnings) warnings.push(["file", sentence]);
  if (fileWarnings.length) values.file = {};
  return {
    usable: isUsable(judgement),
    warnings: warnings.map(([, sentence]) => sentence),
    reasons: judgement.reasons,
    warning_codes: warnings.map(([code]) => code),
    values,
  };
}

/** @param {CheckedFace["judgement"]} judgement */
function isUsable({ reasons }) {
  return Object.keys(reasons).length === 0;
}
