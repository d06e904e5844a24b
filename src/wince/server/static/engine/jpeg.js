// JPEG files of the pixels of a frame.

/** @import { RgbaPixels } from "./engine.js" */

const QUALITY = 0.85;
/** @type {HTMLCanvasElement | undefined} */
let canvas;

/**
 * Return a JPEG file; null if the browser cannot encode it, such as without memory.
 *
 * @param {RgbaPixels} pixels
 * @returns {Promise<Blob | null>}
 */
export async function encodeJpeg({ data, width, height }) {
  canvas ??= document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  if (!context) return null;
  context.putImageData(new ImageData(data, width, height), 0, 0);
  const target = canvas;
  return new Promise((resolve) => target.toBlob(resolve, "image/jpeg", QUALITY));
}
