// Find the persons in the frames of a video or camera, without searching every frame in full. Mirrors
// src/wince/faces/person_search.py, which describes the search.

/** @import { RgbImage } from "../rgb_image.js" */
/** @import { Face } from "./face.js" */
/** @import { FindCandidates } from "./network.js" */

import { constants } from "../constants.js";
import { iou } from "./boxes.js";
import { detect, glance, searchNear } from "./detect.js";
import { distance } from "./face.js";
import { measureColours } from "./face_colours.js";
import { FrameView } from "./frame_view.js";
import { Persons } from "./persons.js";

const { MIN_SCORE } = constants.faces;
const {
  FULL_SEARCH_SECONDS,
  LOST_SEARCH_SECONDS,
  GLANCE_SECONDS,
  NEIGHBOURHOOD,
  MIN_STAY,
  NEAR_STRICTNESS,
  STEADY,
  STEADY_ROLL,
  SAME_FACE,
  TOLERANCE,
} = constants.person_search;

/**
 * The face of a person who is in view.
 *
 * @typedef {object} PersonFace
 * @property {number} number
 * @property {Face} face
 * @property {boolean} isCurrent Whether the face was found in this frame. Else it was found earlier
 *   and has not been looked for since.
 */

/**
 * Where a face is, and the face around which it is looked for in the next frame.
 *
 * @typedef {{ face: Face, anchor: Face }} Place
 */

/**
 * An image, and which part of the frame it shows.
 *
 * @typedef {{ rgb: RgbImage, view: FrameView }} ViewedImage
 */

/** The search for persons in one video or camera. Call `find` for each frame, in order. */
export class PersonSearch {
  #candidates;
  #minScore;
  #persons;
  /** @type {Map<number, Place>} */
  #inView = new Map();
  #fullSearchAt = -Infinity;
  #glanceAt = -Infinity;
  #wasPart = false;

  /**
   * @param {FindCandidates} candidates
   * @param {number} away Seconds for which a person may be hidden and keep the number.
   * @param {number} [minScore] Minimum score of the face detector, above 0 and below 1.
   */
  constructor(candidates, away, minScore = MIN_SCORE) {
    this.#candidates = candidates;
    this.#minScore = minScore;
    this.#persons = new Persons(away);
  }

  /**
   * Return the persons in view, those with the largest faces first, in pixels of the frame.
   *
   * @param {RgbImage} rgb
   * @param {number} seconds Its time, not earlier than that of the previous image.
   * @param {number[] | null} followed Numbers of the persons whose faces must be of this image; null
   *   for everybody.
   * @param {FrameView} [view] A whole frame at full size if left out.
   * @returns {Promise<PersonFace[]>}
   */
  async find(rgb, seconds, followed, view = wholeView(rgb)) {
    const places = await this.#places({ rgb, view }, seconds, followed);
    places.sort((place, other) => other.face.size - place.face.size); // the order of new persons
    const faces = places.map((place) => place.face);
    const colours = faces.map((face) => measureColours(rgb, view.toImage(face)));
    const current = this.#persons.update(seconds, faces, colours);
    current.forEach((number, index) => this.#inView.set(number, places[index]));
    for (const [number, place] of this.#inView) {
      const isElsewhere = isNewFace(place.face, faces);
      if (!this.isExpected(number) || (!current.includes(number) && !isElsewhere)) {
        this.#inView.delete(number);
      }
    }
    this.#wasPart = !view.isWhole;
    return Array.from(this.#inView, ([number, { face }]) => {
      return { number, face, isCurrent: current.includes(number) };
    }).sort((person, other) => other.face.size - person.face.size);
  }

  /**
   * Return whether a person is in view, or was until a moment ago.
   *
   * @param {number} number
   */
  isExpected(number) {
    return this.#persons.lastFace(number) !== null;
  }

  /**
   * Return the faces of an image that are found in the ways that are due. Faces that were looked for
   * and not found are no longer in view.
   *
   * @param {ViewedImage} image
   * @param {number} seconds
   * @param {number[] | null} followed
   */
  async #places(image, seconds, followed) {
    const needed = new Set(followed ?? this.#inView.keys());
    const isLost = !needed.size || [...needed].some((number) => !this.#inView.has(number));
    const before = this.#withNeighbours(needed).filter(
      ([number, { face }]) => needed.has(number) || image.view.contains(face),
    );
    /** @type {Place[]} */
    const places = [];
    let isDisplaced = false;
    for (const [number, place] of before) {
      const near = await this.#findNear(image, place);
      if (near !== null) {
        addNew(places, near);
        continue;
      }
      this.#inView.delete(number);
      isDisplaced ||= needed.has(number);
    }
    const isAnyNeeded = followed === null || isLost || isDisplaced;
    for (const face of await this.#others(image, seconds, isLost, isDisplaced)) {
      const place = { face, anchor: face };
      if (addNew(places, place) && isAnyNeeded) {
        places[places.length - 1] = await this.#settled(image, place);
      }
    }
    return places;
  }

  /**
   * Return the faces that a search or look at the whole image finds, if one is due. Faces that the
   * edge of a part cuts off are left out: their boxes would be wrong.
   *
   * @param {ViewedImage} image
   * @param {number} seconds
   * @param {boolean} isLost Whether a followed person was not in view before.
   * @param {boolean} isDisplaced Whether one is no longer in place.
   */
  async #others({ rgb, view }, seconds, isLost, isDisplaced) {
    let faces;
    if (isDisplaced || this.#isFullSearchDue(view, seconds, isLost)) {
      this.#fullSearchAt = this.#glanceAt = seconds;
      for (const [number, { face }] of this.#inView) {
        if (view.contains(face)) this.#inView.delete(number);
      }
      faces = await detect(this.#candidates, rgb, this.#minScore);
    } else if (isLost || seconds - this.#glanceAt >= GLANCE_SECONDS - TOLERANCE) {
      this.#glanceAt = seconds;
      faces = await glance(this.#candidates, rgb, this.#minScore);
    } else return [];
    return faces.map((face) => view.toFrame(face)).filter((face) => view.contains(face));
  }

  /**
   * Return whether an image is searched in full though nobody has moved.
   *
   * @param {FrameView} view
   * @param {number} seconds
   * @param {boolean} isLost
   */
  #isFullSearchDue(view, seconds, isLost) {
    const elapsed = seconds - this.#fullSearchAt + TOLERANCE;
    if (isLost && elapsed >= LOST_SEARCH_SECONDS) return true;
    return view.isWhole && (this.#wasPart || elapsed >= FULL_SEARCH_SECONDS);
  }

  /**
   * Return the persons in view who have one of the numbers, or whose face is close to one of theirs.
   *
   * @param {Set<number>} numbers
   */
  #withNeighbours(numbers) {
    const needed = [...this.#inView].filter(([number]) => numbers.has(number));
    return [...this.#inView].filter(([, { face }]) =>
      needed.some(([, { face: other }]) => {
        return distance(face.centre, other.centre) <= NEIGHBOURHOOD * other.size;
      }),
    );
  }

  /**
   * Return where a face is now, null if that is not certain.
   *
   * @param {ViewedImage} image
   * @param {Place} place
   * @returns {Promise<Place | null>}
   */
  async #findNear({ rgb, view }, { face: before, anchor }) {
    if (!view.overlaps(anchor)) return null;
    const near = await searchNear(this.#candidates, rgb, view.toImage(anchor), this.#minScore);
    const minScore = 1 - NEAR_STRICTNESS * (1 - this.#minScore);
    if (near === null || near.score < minScore) return null;
    const face = view.toFrame(near);
    if (iou(before.box, face.box) < MIN_STAY) return null;
    const isSteady =
      iou(anchor.box, face.box) >= STEADY && Math.abs(anchor.roll - face.roll) <= STEADY_ROLL;
    return { face, anchor: isSteady ? anchor : face };
  }

  /**
   * Return a new face as it will be in the next frames, if it stays in its place: the box of the
   * search may be larger or smaller than that of a look near the face.
   *
   * @param {ViewedImage} image
   * @param {Place} place
   */
  async #settled(image, place) {
    for (let look = 0; look < 2; look += 1) {
      const near = await this.#findNear(image, place);
      if (near === null || near.anchor === place.anchor) return near ?? place;
      place = near;
    }
    return place;
  }
}

/**
 * Return the view of an image that is a whole frame at full size.
 *
 * @param {RgbImage} rgb
 */
function wholeView(rgb) {
  return FrameView.of({ rgb, width: rgb.width, height: rgb.height });
}

/**
 * Add a face unless it is in the list already; return whether it was added.
 *
 * @param {Place[]} places
 * @param {Place} place
 */
function addNew(places, place) {
  const isNew = isNewFace(
    place.face,
    places.map((other) => other.face),
  );
  if (isNew) places.push(place);
  return isNew;
}

/**
 * Return whether no face is in the place of another.
 *
 * @param {Face} face
 * @param {Face[]} faces
 */
function isNewFace(face, faces) {
  return faces.every((other) => iou(face.box, other.box) <= SAME_FACE);
}
