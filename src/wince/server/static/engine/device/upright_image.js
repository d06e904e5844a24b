// Decodes image files with the browser, which turns them upright and converts their colours to sRGB.
// The pixels are read as they are: a browser's own scaling would change them. Mirrors `read` of
// src/wince/images.py.

/** @import { RgbImage } from "./rgb_image.js" */
/** @import { UprightImage } from "./types.js" */

import { UserError } from "../../errors.js";
import { constants } from "./constants.js";
import { readHeader } from "./image_header.js";
import { fromRgba, reduce } from "./rgb_image.js";

const { MAX_BYTES, MAX_PIXELS, MIN_SIDE, FRAMES_WARNING } = constants.images;
const { MAX_SCANS } = constants.decode_limits;
const { MIN_DECODED_SIDE, MAX_DECODED_PIXELS } = constants.image_reduction;
const STRIP_PIXELS = 2 ** 20; // read at once, so that a large photo is in memory only once

/**
 * Return the upright image in a file.
 *
 * @param {Blob} file
 * @returns {Promise<UprightImage>}
 * @throws {UserError} It is no image, or too large or small.
 */
export async function readImage(file) {
  if (file.size > MAX_BYTES) throw new UserError("too-large");
  const header = readHeader(new Uint8Array(await file.arrayBuffer()));
  if (!header) throw new UserError("not-an-image");
  if (header.scans > MAX_SCANS) throw new UserError("too-large");
  if (header.width) checkSize(header);
  const bitmap = await decode(file);
  const { width, height } = bitmap;
  try {
    checkSize(bitmap);
    const rgb = readPixels(bitmap, reductionOf(width, height));
    return { rgb, width, height, warnings: header.hasFrames ? [FRAMES_WARNING] : [] };
  } finally {
    bitmap.close();
  }
}

/** @param {{ width: number, height: number }} size */
function checkSize({ width, height }) {
  if (width * height > MAX_PIXELS) throw new UserError("too-large");
  if (Math.min(width, height) < MIN_SIDE) throw new UserError("unsuitable-image");
}

/** @param {Blob} file */
async function decode(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new UserError("unreadable-image");
  }
}

/**
 * Return by which whole number the sides of a large image are divided.
 *
 * @param {number} width
 * @param {number} height
 */
export function reductionOf(width, height) {
  const excess = Math.ceil(Math.sqrt((width * height) / MAX_DECODED_PIXELS));
  return Math.max(Math.floor(Math.min(width, height) / MIN_DECODED_SIDE), excess, 1);
}

/**
 * Return the pixels of a bitmap in strips, each of which is reduced by a factor.
 *
 * @param {ImageBitmap} bitmap
 * @param {number} factor
 * @returns {RgbImage}
 */
function readPixels(bitmap, factor) {
  const { width, height } = bitmap;
  const rows = Math.max(1, Math.floor(STRIP_PIXELS / width / factor)) * factor;
  const canvas = new OffscreenCanvas(width, Math.min(rows, height));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new UserError("device-failed");
  const reducedWidth = Math.ceil(width / factor);
  const data = new Uint8Array(reducedWidth * Math.ceil(height / factor) * 3);
  for (let top = 0, filled = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    context.clearRect(0, 0, width, count);
    context.drawImage(bitmap, 0, -top);
    const strip = reduce(fromRgba(context.getImageData(0, 0, width, count)), factor);
    data.set(strip.data, filled);
    filled += strip.data.length;
  }
  return { width: reducedWidth, height: Math.ceil(height / factor), data };
}
