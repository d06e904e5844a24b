// The frames of one camera or video: who is followed, and the track of that person. Mirrors what
// src/wince/server/live_socket.py and live_answer.py do for a socket.

/** @import { Assessment, NeutralFace } from "../../types.js" */
/** @import { Assessor } from "./runtime/assessor.js" */
/** @import { RgbImage } from "./rgb_image.js" */
/** @import { PersonFrame } from "./runtime/person_assessor.js" */
/** @import { ModelScale } from "./scale.js" */
/** @import { TrackState } from "./runtime/track.js" */
/** @import { FrameAnswer, FramePixels } from "./worker_calls.js" */

import { reducedSize } from "../regions.js";
import { BILINEAR, fromRgba, resize } from "./rgb_image.js";
import { changeOf } from "./runtime/neutral.js";
import { PersonAssessor } from "./runtime/person_assessor.js";
import { Track, trackSettings } from "./runtime/track.js";

/** The frames of one camera or video. Call `assess` for each, in order. */
export class LiveFrames {
  #trackSeconds = -Infinity;
  /** @type {number | null} */
  #chosen = null; // the person to follow from the next frame on
  /** @type {NeutralFace | null} */
  neutral = null;
  withMap = false;

  /**
   * @param {Assessor} assessor
   * @param {Record<string, string | number>} settings Of the track.
   */
  constructor(assessor, settings) {
    this.assessor = assessor;
    this.settings = trackSettings(settings);
    this.persons = new PersonAssessor(assessor, this.settings.away);
    this.track = this.#newTrack();
  }

  #newTrack() {
    const { estimator, texts } = this.assessor;
    return new Track(estimator.calibration, texts, this.settings);
  }

  /**
   * Follow another person from the next frame on.
   *
   * @param {number} number
   */
  choose(number) {
    this.#chosen = number;
  }

  /**
   * @param {NeutralFace | null} neutral
   * @throws {import("../../errors.js").UserError} It is from another model.
   */
  setNeutralFace(neutral) {
    if (neutral) this.assessor.checkModel(neutral);
    this.neutral = neutral;
  }

  /**
   * @param {FramePixels} frame
   * @returns {Promise<Omit<FrameAnswer, "pixels">>}
   */
  async assess({ pixels, region, size, seconds, longestSide = Infinity }) {
    this.#followChosen();
    const rgb = reducedTo(longestSide, fromRgba(pixels));
    const image = { rgb, width: rgb.width, height: rgb.height };
    const frame = await this.persons.assess(image, seconds, {
      part: { region, size: [size.width, size.height] },
      withMap: this.withMap,
      neutral: this.neutral,
    });
    const state = this.#stateAfter(frame, seconds);
    const { assessment, isInconclusive, followed, faces } = frame;
    return {
      assessment,
      isAbsent: !assessment && !isInconclusive,
      track: withChange(state, assessment, this.assessor.estimator.scale),
      person: followed,
      persons: [...faces].map(([number, { box }]) => ({ number, box })),
    };
  }

  /**
   * Return the track's state after a frame. The track does not learn of frames that say nothing about
   * the person, and of those that are not later than the one before.
   *
   * @param {PersonFrame} frame
   * @param {number} seconds
   */
  #stateAfter({ assessment, isInconclusive }, seconds) {
    if (isInconclusive || seconds <= this.#trackSeconds) return this.track.current(seconds);
    this.#trackSeconds = seconds;
    return this.track.update(seconds, assessment);
  }

  #followChosen() {
    const number = this.#chosen;
    this.#chosen = null;
    if (number === null || number === this.persons.followed) return;
    if (!this.persons.follow(number)) return;
    this.track = this.#newTrack();
    this.#trackSeconds = -Infinity;
  }
}

/**
 * @param {number} longestSide
 * @param {RgbImage} image
 * @returns {RgbImage}
 */
function reducedTo(longestSide, image) {
  const { width, height } = reducedSize(image, longestSide);
  return resize(image, width, height, BILINEAR);
}

/**
 * Return a track with its change when the assessment has one.
 *
 * @param {TrackState | null} state
 * @param {Assessment | null} assessment
 * @param {ModelScale} scale
 */
function withChange(state, assessment, scale) {
  const neutral = assessment?.change?.neutral;
  if (!neutral || !state?.score) return state;
  const { action_units: units, raw_score: raw } = state.score;
  return { ...state, change: changeOf(units, raw, neutral, scale) };
}
