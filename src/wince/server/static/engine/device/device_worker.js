// The engine's worker: finds and judges faces apart from the page, which stays responsive.

/** @import { NeutralFace } from "../../types.js" */
/** @import { ImageOptions, Assessor } from "./runtime/assessor.js" */
/** @import { FramePixels } from "./worker_calls.js" */

import { loadAssessor } from "./device_files.js";
import { LiveFrames } from "./live_frames.js";
import { readImage } from "./upright_image.js";
import { createWarmUp } from "./warm_up.js";
import { Moved, answerCalls } from "./worker_calls.js";

/** @type {ReturnType<typeof loadAssessor> | null} */
let loading = loadAssessor(); // before the page asks for it
loading.catch(() => {}); // told when it asks
/** @type {Assessor | null} */
let assessor = null;
let warmUp = async () => false;
/** @type {Map<number, LiveFrames>} */
const watches = new Map(); // by number

/** Return the assessor; the page opens the engine first. */
function opened() {
  if (!assessor) throw new Error("The engine is not open.");
  return assessor;
}

/** @param {number} number Of a watch. */
function framesOf(number) {
  const frames = watches.get(number);
  if (!frames) throw new Error(`There is no watch ${number}.`);
  return frames;
}

answerCalls({
  async open() {
    loading ??= loadAssessor();
    try {
      const { scale, model, ...loaded } = await loading;
      assessor = loaded.assessor;
      warmUp = createWarmUp(assessor);
      return { scale, model };
    } catch (error) {
      loading = null; // the next call tries again
      throw error;
    }
  },
  warmUp: () => warmUp(),
  /**
   * @param {Blob} file
   * @param {ImageOptions} options
   */
  async assess(file, options) {
    const began = performance.now();
    const image = await readImage(file);
    return opened().assess(image, options, performance.now() - began);
  },
  /**
   * @param {Blob[]} files
   * @param {boolean} anyExpression
   */
  async getNeutralFace(files, anyExpression) {
    const images = [];
    for (const file of files) images.push(await readImage(file));
    return opened().neutralFace(images, anyExpression);
  },
  /**
   * @param {number} number Of the new watch.
   * @param {Record<string, string | number>} settings
   */
  openWatch(number, settings) {
    watches.set(number, new LiveFrames(opened(), settings));
  },
  /**
   * @param {number} number
   * @param {FramePixels} frame
   */
  async assessFrame(number, frame) {
    const { pixels } = frame;
    const answer = await framesOf(number).assess(frame);
    return new Moved({ ...answer, pixels }, [pixels.data.buffer]);
  },
  /**
   * @param {number} number
   * @param {number} person
   */
  choose: (number, person) => framesOf(number).choose(person),
  /**
   * @param {number} number
   * @param {NeutralFace | null} face
   */
  setNeutralFace: (number, face) => framesOf(number).setNeutralFace(face),
  /**
   * @param {number} number
   * @param {boolean} isOn
   */
  setMap(number, isOn) {
    framesOf(number).withMap = isOn;
  },
  /** @param {number} number */
  closeWatch(number) {
    watches.delete(number);
  },
});
