// The frames of a video file, by seeking a <video> element.

/** @import { Size } from "../types.js" */

import { UserError } from "../errors.js";
import { createFrameSource } from "./frame_source.js";

const TIMEOUT = 10_000; // milliseconds for opening the file, or reaching a frame
const BEYOND_ANY_END = 1e9; // seconds

/**
 * Return the frames of the file that a video element plays.
 *
 * @param {HTMLVideoElement} video
 */
export function createVideoFrames(video) {
  const source = createFrameSource(video, () => video.currentTime);

  return {
    source,
    /**
     * Open a file; return its duration in seconds and its size.
     *
     * @param {string} url
     * @returns {Promise<{ duration: number, size: Size }>}
     * @throws {UserError} The browser cannot play the file.
     */
    async open(url) {
      const isLoaded = event(video, "loadeddata");
      video.src = url;
      await isLoaded;
      // Some recordings do not state their duration before the end was reached.
      if (!Number.isFinite(video.duration)) await this.seek(BEYOND_ANY_END);
      const size = source.size();
      if (!size || !Number.isFinite(video.duration)) throw new UserError("video-unplayable");
      return { duration: video.duration, size };
    },
    /**
     * Show the frame at a time.
     *
     * @param {number} seconds
     */
    async seek(seconds) {
      const isReached = event(video, "seeked");
      video.currentTime = seconds;
      await isReached;
    },
    /** Let go of the file. */
    close() {
      video.removeAttribute("src");
      video.load();
    },
  };
}

/**
 * Wait for an event of a video.
 *
 * @param {HTMLVideoElement} video
 * @param {string} name
 * @returns {Promise<void>}
 */
function event(video, name) {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new UserError("video-unplayable"));
    const timer = setTimeout(fail, TIMEOUT);
    const controller = new AbortController();
    /** @param {() => void} settle */
    const end = (settle) => () => {
      clearTimeout(timer);
      controller.abort();
      settle();
    };
    video.addEventListener(name, end(resolve), { signal: controller.signal });
    video.addEventListener("error", end(fail), { signal: controller.signal });
  });
}
