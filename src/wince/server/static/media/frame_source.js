// The frames of a video element as a source of an engine.

/** @import { FrameSource } from "../engine/engine.js" */

import { context2d } from "../dom.js";

/**
 * Return the source of a video element.
 *
 * @param {HTMLVideoElement} video
 * @param {() => number | null} [seconds] Time of the present frame of a recording.
 * @returns {FrameSource}
 */
export function createFrameSource(video, seconds = () => null) {
  const canvas = document.createElement("canvas");
  const context = context2d(canvas, { alpha: false, willReadFrequently: true });
  function size() {
    const { videoWidth: width, videoHeight: height } = video;
    return width && height ? { width, height } : null;
  }

  return {
    size,
    seconds,
    grab(region, longestSide) {
      const frame = size();
      if (!frame || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
      const [x0, y0, x1, y1] = region ?? [0, 0, frame.width, frame.height];
      const [width, height] = [x1 - x0, y1 - y0];
      const scale = Math.min(1, longestSide / Math.max(width, height));
      canvas.width = Math.max(1, Math.round(width * scale));
      canvas.height = Math.max(1, Math.round(height * scale));
      context.imageSmoothingQuality = "medium";
      context.drawImage(video, x0, y0, width, height, 0, 0, canvas.width, canvas.height);
      return { canvas, region: [x0, y0, x1, y1], size: frame, captured: performance.now() };
    },
  };
}
