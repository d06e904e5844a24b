// The frames of a video element as a source of an engine.

/** @import { FrameSource, RgbaPixels } from "../engine/engine.js" */
/** @import { Box, Size } from "../types.js" */

import { context2d } from "../dom.js";
import { reducedSize } from "../engine/regions.js";

/**
 * Return the source of a video element.
 *
 * @param {HTMLVideoElement} video
 * @param {() => number | null} [seconds] Time of the present frame of a recording.
 * @returns {FrameSource}
 */
export function createFrameSource(video, seconds = () => null) {
  const full = createDrawing();
  const reduced = createDrawing();

  function size() {
    const { videoWidth: width, videoHeight: height } = video;
    return width && height ? { width, height } : null;
  }

  /**
   * @param {Box} region
   * @param {number} longestSide
   * @param {Size} frame
   */
  async function pixelsOf(region, longestSide, frame) {
    const copy = await copyPixels(video, region, frame);
    const [width, height] = [region[2] - region[0], region[3] - region[1]];
    const newSize = reducedSize({ width, height }, longestSide);
    if (copy && newSize.width === width && newSize.height === height) return copy;
    const [image, part] = copy ? [full.put(copy), [0, 0, width, height]] : [video, region];
    const pixels = reduced.draw(image, /** @type {Box} */ (part), newSize.width, newSize.height);
    full.release();
    return pixels;
  }

  return {
    size,
    seconds,
    async grab(part, longestSide) {
      const frame = size();
      if (!frame || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
      const captured = performance.now();
      const region = evenRegion(part ?? [0, 0, frame.width, frame.height]);
      const pixels = await pixelsOf(region, longestSide, frame);
      return { pixels, region, size: frame, captured };
    },
  };
}

/** Return a canvas that is used again for each frame. */
function createDrawing() {
  const canvas = document.createElement("canvas");
  const context = context2d(canvas, { alpha: false, willReadFrequently: true });
  return {
    /** @param {RgbaPixels} pixels */
    put({ data, width, height }) {
      Object.assign(canvas, { width, height });
      context.putImageData(new ImageData(data, width, height), 0, 0);
      return canvas;
    },
    /** Give its memory back until it is used again. */
    release() {
      canvas.width = canvas.height = 0;
    },
    /**
     * Draw a part of an image in another size, and return the pixels.
     *
     * @param {CanvasImageSource} image
     * @param {Box} part
     * @param {number} width
     * @param {number} height
     * @returns {RgbaPixels}
     */
    draw(image, [x0, y0, x1, y1], width, height) {
      Object.assign(canvas, { width, height });
      context.imageSmoothingQuality = "medium";
      context.drawImage(image, x0, y0, x1 - x0, y1 - y0, 0, 0, width, height);
      const { data } = context.getImageData(0, 0, width, height);
      return { data, width, height };
    },
  };
}

/**
 * Return a region that begins at even pixels: cameras give a colour for two by two of them, and a
 * frame cannot be copied from between.
 *
 * @param {Box} region
 * @returns {Box}
 */
function evenRegion([x0, y0, x1, y1]) {
  return [x0 - (x0 % 2), y0 - (y0 % 2), x1, y1];
}

/**
 * Return the pixels of a region of the present frame; null if the browser cannot copy them, does
 * not say whether the frame is upright, or the frame may be transparent.
 *
 * They are those of a canvas on which the video is drawn. But Chromium keeps frames that were drawn, up
 * to 500 MB of them, and needs more time for them.
 *
 * @param {HTMLVideoElement} video
 * @param {Box} region
 * @param {Size} size Of the upright frame.
 * @returns {Promise<RgbaPixels | null>}
 */
async function copyPixels(video, [x0, y0, x1, y1], size) {
  /** @type {(VideoFrame & { rotation?: number, flip?: boolean }) | null} */
  let frame = null;
  try {
    frame = new VideoFrame(video);
    const { rotation, flip, visibleRect, format } = frame;
    if (rotation !== 0 || flip || !visibleRect) return null;
    if (format?.includes("A")) return null; // with transparent pixels, such as "I420A"
    if (visibleRect.width !== size.width || visibleRect.height !== size.height) return null;
    const [width, height] = [x1 - x0, y1 - y0];
    const rect = { x: visibleRect.x + x0, y: visibleRect.y + y0, width, height };
    const data = new Uint8ClampedArray(4 * width * height);
    await frame.copyTo(data, { rect, format: "RGBA" });
    return { data, width, height };
  } catch {
    return null;
  } finally {
    frame?.close();
  }
}
