// The upload tab: a photo or video that is chosen, dropped or pasted is assessed at once; the newest
// one wins.

/** @import { Engine } from "../engine/engine.js" */
/** @import { Store, Upload } from "../state.js" */
/** @import { Announcer } from "../speech/announcer.js" */
/** @import { NeutralFlow } from "./neutral.js" */
/** @import { VideoFlow } from "./video.js" */

import { problemOf, UserError } from "../errors.js";
import { EMPTY_UPLOAD } from "../state.js";
import { t } from "../texts.js";

/** Names of videos whose type browsers do not know. */
const VIDEO_NAME = /\.(avi|m4v|mkv|mov|mp4|mpe?g|mts|ogv|webm|wmv)$/i;

/**
 * @param {object} options
 * @param {Store} options.store
 * @param {Engine} options.engine
 * @param {Announcer} options.announcer
 * @param {NeutralFlow} options.neutral
 * @param {VideoFlow} options.video
 */
export function createUploadFlow({ store, engine, announcer, neutral, video }) {
  /** @type {AbortController | null} */
  let lastRequest = null;
  /** @type {File | null} */
  let photo = null; // in view
  /** @type {{ face: number | null, isAloud: boolean } | null} */
  let pending = null; // what the photo is being assessed with

  /** @param {Partial<Upload>} change */
  const update = (change) => store.updatePart("upload", change);

  /**
   * Show another file, or none.
   *
   * @param {File | null} file
   * @returns {string | null} Its address.
   */
  function show(file) {
    lastRequest?.abort();
    video.close();
    announcer.stop(); // what is spoken is about another image
    const { url: previous } = store.get().upload;
    if (previous) URL.revokeObjectURL(previous);
    const url = file && URL.createObjectURL(file);
    pending = null;
    const kind = file && (isVideo(file) ? "video" : "photo");
    photo = kind === "photo" ? file : null;
    store.update({ tab: "upload" });
    update({ ...EMPTY_UPLOAD, kind, url });
    return url;
  }

  /**
   * @param {File} file
   * @param {{ face?: number | null, isAloud?: boolean }} [options]
   */
  async function assess(file, { face = null, isAloud = true } = {}) {
    lastRequest?.abort();
    const request = new AbortController();
    lastRequest = request;
    pending = { face, isAloud };
    update({ isBusy: true });
    try {
      const { signal } = request;
      const assessment = await engine.assess(file, { face, neutral: store.get().neutral, signal });
      if (signal.aborted) return;
      pending = null;
      update({ assessment, problem: null, isBusy: false });
      const count = assessment.faces.length;
      const more = face === null && count > 1 ? t("faces.count", { count }) : "";
      if (isAloud) announcer.announce(assessment, more);
    } catch (error) {
      if (request.signal.aborted) return;
      pending = null;
      fail(error);
    }
  }

  /** @param {unknown} error */
  function fail(error) {
    refuse(problemOf(error));
    if (!(error instanceof UserError)) throw error;
  }

  /** @param {import("../errors.js").Problem} problem */
  function refuse(problem) {
    update({ problem, isBusy: false, assessment: null });
    announcer.stop();
    announcer.announceProblem(problem);
  }

  neutral.onChange(() => {
    if (!photo) return;
    const { assessment } = store.get().upload;
    if (pending) assess(photo, pending);
    else if (assessment) assess(photo, { face: assessment.face.index, isAloud: false });
  });

  return {
    /**
     * Assess a photo or a video.
     *
     * @param {File} file
     */
    async take(file) {
      const url = show(file);
      if (photo) await assess(photo);
      else if (url) await video.assess(file, url);
    },
    /** Tell that something was dropped that is no file. */
    refuseDrop() {
      show(null);
      refuse({ code: "no-file", values: {}, detail: "" });
    },
    /**
     * Assess another face of the photo, or follow another person of the video.
     *
     * @param {number} id
     */
    choose(id) {
      if (photo) assess(photo, { face: id });
      else video.choose(id);
    },
    clear() {
      show(null);
    },
  };
}

/** @param {File} file */
function isVideo({ type, name }) {
  return type.startsWith("video/") || (!type && VIDEO_NAME.test(name));
}
