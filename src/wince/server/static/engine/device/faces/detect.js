// Find all faces in an image, at any rotation. Mirrors src/wince/faces/detect.py, which describes the
// search.

/** @import { RgbImage } from "../rgb_image.js" */
/** @import { FindCandidates } from "./network.js" */
/** @import { ImagePyramid } from "./network_views.js" */

import { constants } from "../constants.js";
import { rounded } from "../rounding.js";
import { iou } from "./boxes.js";
import { Face } from "./face.js";
import { Region, findInImage, pyramidOf, remainder } from "./network_views.js";

const { MIN_SCORE } = constants.faces;
const { MIN_OVERLAP } = constants.boxes;
const { CELL, INPUT_SIDE } = constants.network;
const {
  PROPOSAL_SCORE,
  STRICTNESS,
  FINEST_SCALE,
  FINEST_SCALE_IF_EMPTY,
  LEVEL_FACTOR,
  MAX_AREA,
  MARGIN,
  LARGE_SHARE,
  UPRIGHT,
  SURE_SCORE,
  CERTAIN_SCORE,
  MAX_TILT,
  MAX_RESIDUAL,
  MIN_SHARED,
  MIN_STILL,
  MAX_CLOSE_SEARCHES,
} = constants.detect;

/**
 * Return the faces in an image, the largest first.
 *
 * @param {FindCandidates} candidates
 * @param {RgbImage} rgb
 * @param {number} [minScore] Minimum score of a face, above 0 and below 1.
 */
export async function detect(candidates, rgb, minScore = MIN_SCORE) {
  const { width, height } = rgb;
  const sides = longSides(width, height, FINEST_SCALE);
  const finest = sides[sides.length - 1];
  const factor = Math.max(1, Math.floor(Math.max(width, height) / finest));
  const search = new Search(candidates, pyramidOf(rgb, factor), minScore);
  for (const [level, longSide] of sides.entries()) await search.searchAt(longSide, level === 0);
  const finer = longSides(width, height, FINEST_SCALE_IF_EMPTY).pop() ?? finest;
  if (!search.faces.length && finer > finest) await search.searchAt(finer, false);
  const faces = merged([...search.byScore(), ...search.unconfirmed]);
  return faces.sort((face, other) => other.size - face.size);
}

/** A search in one image, and what it has found so far. */
class Search {
  /** @type {Face[]} */
  faces = [];
  /** @type {Face[]} */
  unconfirmed = [];
  #remainingSearches = MAX_CLOSE_SEARCHES;
  #candidates;
  #pyramid;
  #minScore;

  /**
   * @param {FindCandidates} candidates
   * @param {ImagePyramid} pyramid
   * @param {number} minScore
   */
  constructor(candidates, pyramid, minScore) {
    this.#candidates = candidates;
    this.#pyramid = pyramid;
    this.#minScore = minScore;
  }

  /** Return the confirmed faces, those with the highest score first. */
  byScore() {
    return this.faces.toSorted((face, other) => other.score - face.score);
  }

  /**
   * Search the whole image at a size, and each proposal closely.
   *
   * @param {number} longSide
   * @param {boolean} isFirst
   */
  async searchAt(longSide, isFirst) {
    const proposalScore = Math.min(PROPOSAL_SCORE, this.#minScore);
    const proposals = await findInImage(this.#candidates, this.#pyramid, longSide, proposalScore);
    for (const proposal of proposals) {
      if (!this.#remainingSearches) break;
      if (this.faces.some((face) => face.score >= SURE_SCORE && isSame(proposal, face))) continue;
      this.#remainingSearches -= 1;
      const face = await confirmed(this.#candidates, this.#pyramid, proposal, proposalScore);
      if (face === null) {
        const isUpright = Math.abs(proposal.roll) <= MAX_TILT;
        if (isFirst && isUpright && proposal.score >= this.#minScore) {
          this.unconfirmed.push(proposal);
        }
        continue;
      }
      const isPlain =
        isFirst &&
        proposal.score >= Math.min(MIN_SCORE, this.#minScore) &&
        Math.abs(face.roll) <= MAX_TILT;
      const strictness = isPlain ? 1 : STRICTNESS;
      if (face.score >= 1 - strictness * (1 - this.#minScore)) this.faces.push(face);
    }
  }
}

/**
 * Return the faces without those that overlap an earlier one.
 *
 * @param {Face[]} faces
 */
function merged(faces) {
  /** @type {Face[]} */
  const kept = [];
  for (const face of faces) if (!kept.some((other) => isSame(face, other))) kept.push(face);
  return kept;
}

/**
 * Return whether two boxes overlap much, or the centre of one lies within the other.
 *
 * @param {Face} face
 * @param {Face} other
 */
function isSame(face, other) {
  if (iou(face.box, other.box) > MIN_OVERLAP) return true;
  const [inner, outer] = face.size < other.size ? [face, other] : [other, face];
  const [x, y] = inner.centre;
  const [x0, y0, x1, y1] = outer.box;
  return x0 < x && x < x1 && y0 < y && y < y1;
}

/**
 * Return the faces, with rough key points, that one call of the network finds.
 *
 * @param {FindCandidates} candidates
 * @param {RgbImage} rgb
 * @param {number} [minScore]
 */
export function glance(candidates, rgb, minScore = MIN_SCORE) {
  return findInImage(candidates, pyramidOf(rgb), INPUT_SIDE, minScore);
}

/**
 * Return where a known face is now, from one or two calls of the network; null if it is gone, covered
 * or has moved far.
 *
 * @param {FindCandidates} candidates
 * @param {RgbImage} rgb
 * @param {Face} face Where the face was a moment ago, in pixels of `rgb`.
 * @param {number} [minScore]
 */
export async function searchNear(candidates, rgb, face, minScore = MIN_SCORE) {
  const pyramid = pyramidOf(rgb);
  const roll = Math.abs(face.roll) <= UPRIGHT ? 0 : face.roll;
  const region = Region.around(face, MARGIN, roll);
  const moved = closest(await region.findFaces(candidates, pyramid, minScore), face, MIN_OVERLAP);
  if (moved === null || Math.abs(difference(moved.roll, roll)) > MAX_RESIDUAL) return null;
  const isStill = iou(face.box, moved.box) >= MIN_STILL;
  if (isStill && Math.abs(difference(moved.roll, roll)) <= UPRIGHT) return moved;
  return (await searchClosely(candidates, pyramid, moved, minScore)) ?? moved;
}

/**
 * Return the longer sides, in pixels, at which an image is shown to the network.
 *
 * @param {number} width
 * @param {number} height
 * @param {number} finest The last one's share of the image's side, if that is not too large.
 */
function longSides(width, height, finest) {
  const [short, long] = width < height ? [width, height] : [height, width];
  finest = Math.min(finest, Math.sqrt(MAX_AREA / (width * height)));
  if (short * finest < INPUT_SIDE) {
    // A strip: filling up its last cells can make it far larger.
    finest = Math.min(finest, MAX_AREA / (long * CELL * Math.ceil((short * finest) / CELL)));
  }
  const ratio = (long * finest) / INPUT_SIDE;
  if (ratio <= 1) return [INPUT_SIDE];
  const levels = Math.ceil(Math.log(ratio) / Math.log(LEVEL_FACTOR));
  return Array.from({ length: levels + 1 }, (_, level) =>
    rounded(INPUT_SIDE * ratio ** (level / levels), 0),
  );
}

/**
 * Return the face that a close search finds in place of a proposal, null if there is none.
 *
 * @param {FindCandidates} candidates
 * @param {ImagePyramid} pyramid
 * @param {Face} proposal
 * @param {number} minScore
 */
async function confirmed(candidates, pyramid, proposal, minScore) {
  const isUpright = Math.abs(proposal.roll) < 45 && proposal.score >= MIN_SCORE;
  const upright = isUpright ? await closer(candidates, pyramid, proposal, minScore) : null;
  if (upright !== null && upright.score >= CERTAIN_SCORE) return upright;
  const region = Region.around(proposal, MARGIN, proposal.roll);
  const faces = await region.findFacesAtRightAngles(candidates, pyramid, minScore);
  if (faces.length) {
    const best = faces.reduce((face, other) => (other.score > face.score ? other : face));
    if (Math.max(Math.abs(best.roll), Math.abs(proposal.roll)) > UPRIGHT) {
      return searchClosely(candidates, pyramid, best, minScore);
    }
  } else if (proposal.score < MIN_SCORE) return null;
  return isUpright ? upright : closer(candidates, pyramid, proposal, minScore);
}

/**
 * Return the face that a close search finds; the face itself if it is too large for a gain.
 *
 * @param {FindCandidates} candidates
 * @param {ImagePyramid} pyramid
 * @param {Face} face
 * @param {number} minScore
 */
async function closer(candidates, pyramid, face, minScore) {
  const { width, height } = pyramid.full;
  const isLarge = face.size > LARGE_SHARE * Math.max(width, height);
  if (isLarge && Math.abs(face.roll) <= MAX_TILT) return face;
  return searchClosely(candidates, pyramid, face, minScore);
}

/**
 * Return the face found in the surroundings of a face, which are rotated by its roll. A face that is
 * nearly upright keeps its box.
 *
 * @param {FindCandidates} candidates
 * @param {ImagePyramid} pyramid
 * @param {Face} face
 * @param {number} minScore
 */
async function searchClosely(candidates, pyramid, face, minScore) {
  const roll = Math.abs(face.roll) <= UPRIGHT ? 0 : face.roll;
  /**
   * @param {Face} other
   * @param {number} angle
   */
  const findNear = async (other, angle) => {
    const region = Region.around(other, MARGIN, angle);
    return closest(await region.findFaces(candidates, pyramid, minScore), other, MIN_SHARED);
  };
  const candidate = await findNear(face, roll);
  if (candidate === null || Math.abs(difference(candidate.roll, roll)) > MAX_RESIDUAL) return null;
  if (roll === 0 && Math.abs(candidate.roll) <= MAX_TILT) {
    return new Face(face.box, candidate.keypoints, Math.max(face.score, candidate.score));
  }
  if (Math.abs(difference(candidate.roll, roll)) > UPRIGHT) {
    return (await findNear(candidate, candidate.roll)) ?? candidate;
  }
  return candidate;
}

/**
 * Return the candidate that overlaps a face most; null if none overlaps it enough.
 *
 * @param {Face[]} faces
 * @param {Face} face
 * @param {number} minOverlap
 */
function closest(faces, face, minOverlap) {
  let best = null;
  let highest = -1;
  for (const other of faces) {
    const overlap = iou(face.box, other.box);
    if (overlap > highest) [best, highest] = [other, overlap];
  }
  return highest >= minOverlap ? best : null;
}

/**
 * Return the difference of two angles in degrees, from -180 to 180.
 *
 * @param {number} roll
 * @param {number} other
 */
function difference(roll, other) {
  return remainder(roll - other + 180, 360) - 180;
}
