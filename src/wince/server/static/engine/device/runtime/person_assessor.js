// Assess the followed person in the frames of a video or camera. Mirrors
// src/wince/runtime/person_assessor.py.

/** @import { Assessment, Face, NeutralFace } from "../../../types.js" */
/** @import { PersonFace } from "../faces/person_search.js" */
/** @import { CheckedFace, FramePart, UprightImage } from "../types.js" */
/** @import { Assessor } from "./assessor.js" */

import { FrameView } from "../faces/frame_view.js";
import { PersonSearch } from "../faces/person_search.js";
import { assessCrops } from "./crop_assessments.js";
import { cutCrop, detectedFaces, hasFullDetail } from "./face_crop.js";

/**
 * The persons in a frame.
 *
 * @typedef {object} PersonFrame
 * @property {number | null} followed Number of the followed person; null before the first face.
 * @property {Map<number, Face>} faces The face of each person in view by number, the largest first.
 * @property {Assessment | null} assessment Of the followed person, if in this frame.
 * @property {boolean} isInconclusive Whether the image says nothing about the followed person.
 */

/** Assesses the followed person of one video or camera. Call `assess` for each frame, in order. */
export class PersonAssessor {
  /** @type {Map<number, CheckedFace>} */
  #checked = new Map();
  /** @type {number | null} */
  followed = null;
  #isSure = false;
  #wasInView = false;

  /**
   * @param {Assessor} assessor
   * @param {number} away Seconds for which a person may be hidden and keep the number.
   */
  constructor(assessor, away) {
    this.assessor = assessor;
    this.search = new PersonSearch(assessor.candidates, away);
  }

  /**
   * Follow another person from the next frame on, if they are in view or were a moment ago.
   *
   * @param {number} number
   */
  follow(number) {
    if (!this.search.isExpected(number)) return false;
    [this.followed, this.#isSure] = [number, true];
    return true;
  }

  /**
   * Assess the next frame.
   *
   * @param {UprightImage} image The frame or a part of it.
   * @param {number} seconds Not earlier than the previous frame.
   * @param {object} options
   * @param {FramePart} options.part
   * @param {boolean} options.withMap
   * @param {NeutralFace | null} options.neutral
   * @returns {Promise<PersonFrame>}
   */
  async assess(image, seconds, { part, withMap, neutral }) {
    const began = performance.now();
    const view = FrameView.of(image, part);
    const needed = this.followed === null ? [] : [this.followed];
    const persons = await this.search.find(image.rgb, seconds, needed, view);
    this.#choose(persons);
    const detected = performance.now();
    this.#check(image, view, persons);
    const stages = { find_face: detected - began, check: performance.now() - detected };
    const assessment = await this.#assessFollowed(image, view, persons, stages, {
      withMap,
      neutral,
    });
    const faces = detectedFaces([...this.#checked.values()]);
    return {
      followed: this.followed,
      faces: new Map([...this.#checked.keys()].map((number, index) => [number, faces[index]])),
      assessment,
      isInconclusive: this.#isInconclusive(view, persons, assessment !== null),
    };
  }

  /**
   * @param {UprightImage} image
   * @param {FrameView} view
   * @param {PersonFace[]} persons
   * @param {Record<string, number>} stages
   * @param {{ withMap: boolean, neutral: NeutralFace | null }} options
   */
  async #assessFollowed(image, view, persons, stages, options) {
    const { estimator, texts } = this.assessor;
    const index = persons.findIndex(
      ({ number, isCurrent, face }) =>
        isCurrent && number === this.followed && hasFullDetail(image, view, face, estimator.spec),
    );
    if (index < 0) return null;
    const began = performance.now();
    const faces = [...this.#checked.values()];
    const crop = cutCrop(image, view, faces, index, estimator.spec, false);
    const align = performance.now() - began;
    const [assessment] = await assessCrops([crop], estimator, texts, {
      ...options,
      stages: { ...stages, align },
    });
    return assessment;
  }

  /**
   * @param {FrameView} view
   * @param {PersonFace[]} persons
   * @param {boolean} isAssessed
   */
  #isInconclusive(view, persons, isAssessed) {
    const wasInView = this.#wasInView;
    this.#wasInView = persons.some(
      ({ number, isCurrent }) => isCurrent && number === this.followed,
    );
    if (this.#wasInView) return !isAssessed;
    return view.isWhole && view.isReduced && wasInView;
  }

  /**
   * Choose whom to follow. Who is in a single frame only is no person but an error.
   *
   * @param {PersonFace[]} persons
   */
  #choose(persons) {
    if (this.#isSure) return;
    const current = persons.filter(({ isCurrent }) => isCurrent).map(({ number }) => number);
    if (this.followed !== null && current.includes(this.followed)) this.#isSure = true;
    else this.followed = current[0] ?? null;
  }

  /**
   * Check the faces of this frame, and keep the judgements of the others in view.
   *
   * @param {UprightImage} image
   * @param {FrameView} view
   * @param {PersonFace[]} persons
   */
  #check(image, view, persons) {
    this.#checked = new Map(
      persons.map(({ number, face, isCurrent }) => {
        const kept = isCurrent ? undefined : this.#checked.get(number);
        return [number, kept ?? this.assessor.check(image, view, face)];
      }),
    );
  }
}
