// A video file: its frames are assessed one after the other, as those of a camera are.

/** @import { Engine, Watch, WatchAnswer } from "../engine/engine.js" */
/** @import { Announcer } from "../speech/announcer.js" */
/** @import { Problem } from "../errors.js" */
/** @import { NeutralFlow } from "./neutral.js" */
/** @import { Store, Upload } from "../state.js" */

import { problemOf, UserError } from "../errors.js";
import { createVideoFrames } from "../media/video_file.js";
import { createSession } from "../session/session.js";
import { NO_ANSWERS } from "../session/watch_status.js";
import { trackSettings } from "../state.js";
import { t } from "../texts.js";

export const FRAMES_PER_SECOND = 5;
const PAUSE = 100; // milliseconds before a frame without an answer is sent again
const TRIES = 100;

/** @typedef {ReturnType<typeof createVideoFlow>} VideoFlow */

/**
 * @param {object} options
 * @param {Store} options.store
 * @param {Engine} options.engine
 * @param {HTMLVideoElement} options.video
 * @param {NeutralFlow} options.neutral
 * @param {Announcer} options.announcer
 */
export function createVideoFlow({ store, engine, video, neutral, announcer }) {
  const frames = createVideoFrames(video);
  /** @type {Watch | null} */
  let watch = null;
  let runs = 0; // counts them, so that a cancelled one ends
  let isChosen = false; // whether it is known who is followed
  let answers = 0;
  /** @type {Problem | null} */
  let trouble = null; // why no answers come, if the engine has said so
  /** @type {(() => void) | null} */
  let onChosen = null; // continues when a person is chosen

  /** @param {Partial<Upload>} change */
  const update = (change) => store.updatePart("upload", change);
  /** @param {number} milliseconds */
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  /**
   * @param {File} file
   * @param {string} url
   */
  async function assess(file, url) {
    const run = ++runs;
    const isCurrent = () => run === runs;
    update({ isBusy: true });
    try {
      const { duration, size } = await frames.open(url);
      if (!isCurrent()) return;
      begin(file, duration, size);
      for (let seconds = 0; seconds < duration; seconds += 1 / FRAMES_PER_SECOND) {
        await frames.seek(seconds);
        if (!isCurrent()) return;
        await takeFrame(isCurrent);
        await waitForChoice(isCurrent);
        if (!isCurrent()) return;
        setProgress({ seconds: Math.min(duration, seconds + 1 / FRAMES_PER_SECOND) });
      }
      finish();
    } catch (error) {
      if (!isCurrent()) return;
      end();
      const problem = problemOf(withFile(error, file.name));
      update({ isBusy: false, url: null, answer: null, assessment: null, problem });
      announcer.announceProblem(problem);
      if (!(error instanceof UserError)) throw error;
    }
  }

  /**
   * @param {File} file
   * @param {number} duration
   * @param {import("../types.js").Size} size
   */
  function begin(file, duration, size) {
    const { info, settings, neutral: face, map } = store.get();
    if (!info) throw new Error("The engine is not open.");
    const session = createSession({
      label: "",
      activity: null,
      source: file.name,
      isRecording: true,
      start: 0,
      scale: info.scale,
      model: info.model,
      settings: trackSettings(settings),
    });
    isChosen = false;
    trouble = null;
    const progress = { seconds: 0, duration, isChoosing: false, isFinished: false };
    update({ size, session, progress });
    watch = engine.watch(frames.source, {
      settings: trackSettings(settings),
      neutral: face,
      withMap: map.isOn,
      onAnswer,
      onConnection(problem) {
        trouble = problem;
        update({ problem });
      },
      onPause() {}, // a recording goes on
    });
  }

  /** @param {WatchAnswer} answer */
  function onAnswer(answer) {
    if (!watch) return;
    answers += 1;
    isChosen ||= answer.persons.length === 1;
    if (!isChosen && answer.persons.length > 1) return update({ answer });
    store.get().upload.session?.add(answer, 1000 * video.currentTime);
    neutral.addFrame(answer.assessment);
    const { assessment: last } = store.get().upload;
    update({ answer, assessment: isFinding(answer) ? last : answer.assessment });
  }

  /**
   * Send the present frame until it is answered: the connection may not be open yet, or be lost. A
   * frame in which faces were only searched for is sent once more, to be assessed.
   *
   * @param {() => boolean} isCurrent
   */
  async function takeFrame(isCurrent) {
    const before = answers;
    for (let tries = 0; tries < TRIES && isCurrent(); tries += 1) {
      await watch?.step();
      await watch?.settle();
      const { answer } = store.get().upload;
      const isSearch = answer !== null && isFinding(answer) && answer.person !== null;
      if (answers > before + (isSearch ? 1 : 0)) return;
      if (answers === before) await pause(PAUSE);
    }
    if (!isCurrent()) return;
    const { code, values, detail } = trouble ?? NO_ANSWERS;
    throw new UserError(code, values, detail);
  }

  /**
   * Wait until a person is chosen, if there are several at first.
   *
   * @param {() => boolean} isCurrent
   */
  async function waitForChoice(isCurrent) {
    const { answer } = store.get().upload;
    if (isChosen || !answer || answer.persons.length < 2) return;
    setProgress({ isChoosing: true });
    await new Promise((/** @type {(value?: unknown) => void} */ resolve) => (onChosen = resolve));
    if (!isCurrent()) return;
    setProgress({ isChoosing: false });
    await takeFrame(isCurrent);
  }

  /** @param {Partial<NonNullable<Upload["progress"]>>} change */
  function setProgress(change) {
    const { progress } = store.get().upload;
    if (progress) update({ progress: { ...progress, ...change } });
  }

  function finish() {
    const { progress, session } = store.get().upload;
    session?.end(1000 * (progress?.seconds ?? 0));
    end();
    update({ isBusy: false });
    setProgress({ isChoosing: false, isFinished: true });
    announcer.announceText(t("video.end"));
  }

  function end() {
    runs += 1;
    watch?.close();
    watch = null;
    neutral.cancel();
    onChosen?.();
    onChosen = null;
  }

  neutral.onChange((face) => watch?.setNeutralFace(face));

  return {
    assess,
    /** Stop, and keep what was assessed so far. */
    cancel() {
      if (store.get().upload.progress) finish();
    },
    /** Stop, and let go of the file. */
    close() {
      end();
      frames.close();
    },
    /**
     * Follow a person.
     *
     * @param {number} person
     */
    choose(person) {
      isChosen = true;
      watch?.choose(person);
      onChosen?.();
      onChosen = null;
    },
    /** @param {boolean} isOn */
    setMap: (isOn) => watch?.setMap(isOn),
  };
}

/**
 * Whether an answer is about a frame in which faces were only searched for.
 *
 * @param {WatchAnswer} answer
 */
function isFinding({ assessment, isAbsent, problem }) {
  return !assessment && !isAbsent && !problem;
}

/**
 * Return an error with the name of the file, which its text tells.
 *
 * @param {unknown} error
 * @param {string} name
 */
function withFile(error, name) {
  if (!(error instanceof UserError) || error.problem.code !== "video-unplayable") return error;
  return new UserError("video-unplayable", { command: `wince watch "${name}"` });
}
