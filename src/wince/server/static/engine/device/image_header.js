// What the header of an image file states, which is read before the browser decodes the file: a small
// file can hold so many pixels that decoding them takes all memory. The formats are those of
// src/wince/image_formats.py that the server accepts.

import { constants } from "./constants.js";

const { HEIF_BRANDS } = constants.image_formats;

/**
 * @typedef {object} ImageHeader
 * @property {"JPEG" | "PNG" | "WebP" | "AVIF" | "HEIC"} format
 * @property {number} width In pixels, before the image is turned upright; 0 if it is not stated.
 * @property {number} height
 * @property {boolean} hasFrames Whether it is animated.
 * @property {number} scans Of a JPEG; 0 for other formats.
 */

/**
 * Return the header of an image file, null if it has another format.
 *
 * @param {Uint8Array} data The whole file.
 * @returns {ImageHeader | null}
 */
export function readHeader(data) {
  const file = { data, view: new DataView(data.buffer, data.byteOffset, data.byteLength) };
  const plain = { width: 0, height: 0, hasFrames: false, scans: 0 };
  try {
    if (data[0] === 0xff && data[1] === 0xd8 && data[2] === 0xff) {
      return { ...plain, format: "JPEG", scans: scanCount(data), ...jpegSize(file) };
    }
    if (text(data, 0) === "\x89PNG") return { ...plain, format: "PNG", ...pngHeader(file) };
    if (text(data, 0) === "RIFF" && text(data, 8) === "WEBP") {
      return { ...plain, format: "WebP", ...webpHeader(file) };
    }
    const brands = text(data, 4) === "ftyp" ? brandsOf(file) : [];
    const format = heifFormat(brands);
    if (!format) return null;
    const hasFrames = brands.includes("avis");
    return { ...plain, format, hasFrames, ...largestImage(file) };
  } catch (error) {
    if (error instanceof RangeError) return null; // it ends within the header
    throw error;
  }
}

/** @typedef {{ data: Uint8Array, view: DataView }} File */

/**
 * Return four bytes as text.
 *
 * @param {Uint8Array} data
 * @param {number} start
 */
function text(data, start) {
  return String.fromCharCode(...data.subarray(start, start + 4));
}

/**
 * Return the number of scans of a JPEG. Within a scan 255 is followed by 0.
 *
 * @param {Uint8Array} data
 */
function scanCount(data) {
  let count = 0;
  for (let at = data.indexOf(0xff); at >= 0; at = data.indexOf(0xff, at + 1)) {
    if (data[at + 1] === 0xda) count += 1;
  }
  return count;
}

/**
 * Return the size of a JPEG: in the segment of its frame, of whatever kind.
 *
 * @param {File} file
 */
function jpegSize({ view }) {
  for (let at = 2; ;) {
    if (view.getUint8(at) !== 0xff) return {}; // damaged
    const marker = view.getUint8(at + 1);
    const hasLength = marker > 0x01 && marker < 0xff && (marker < 0xd0 || marker > 0xd9);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    if (marker === 0xff) at += 1;
    else at += 2 + (hasLength ? view.getUint16(at + 2) : 0);
  }
}

/** @param {File} file */
function pngHeader({ data, view }) {
  const size = { width: view.getUint32(16), height: view.getUint32(20) };
  let kind = "";
  for (let at = 8; kind !== "acTL" && kind !== "IDAT"; at += 12 + view.getUint32(at)) {
    kind = text(data, at + 4);
  }
  return { ...size, hasFrames: kind === "acTL" };
}

/** @param {File} file */
function webpHeader({ data, view }) {
  const kind = text(data, 12);
  if (kind === "VP8X") {
    const [width, height] = [24, 27].map((at) => (view.getUint32(at - 1, true) >>> 8) + 1);
    return { width, height, hasFrames: (data[20] & 2) !== 0 };
  }
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

/**
 * Return the brands in the first box of a file.
 *
 * @param {File} file
 */
function brandsOf({ data, view }) {
  const brands = [text(data, 8)];
  const end = Math.min(view.getUint32(0), data.length);
  for (let at = 16; at < end; at += 4) brands.push(text(data, at));
  return brands;
}

/** @param {string[]} brands */
function heifFormat(brands) {
  if (brands.includes("avif") || brands.includes("avis")) return "AVIF";
  const isHeic = brands.some((brand) => HEIF_BRANDS.includes(brand));
  return isHeic || ["mif1", "msf1"].includes(brands[0]) ? "HEIC" : null;
}

/**
 * Return the size of the largest image that the box "meta" of an AVIF or HEIC file lists: the others
 * are its tiles, previews and masks.
 *
 * @param {File} file
 */
function largestImage({ data, view }) {
  let largest = { width: 0, height: 0 };
  const [start, end] = metaBox(data, view);
  for (let at = start; at + 16 <= end; at += 1) {
    if (data[at] !== 0x69 || text(data, at) !== "ispe") continue;
    const size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    if (size.width * size.height > largest.width * largest.height) largest = size;
  }
  return largest;
}

/**
 * @param {Uint8Array} data
 * @param {DataView} view
 * @returns {[number, number]} Start and end; both 0 without such a box.
 */
function metaBox(data, view) {
  for (let at = 0; at + 8 <= data.length;) {
    const length = view.getUint32(at);
    if (text(data, at + 4) === "meta") return [at, Math.min(at + length, data.length)];
    if (length < 8) break; // to the end of the file, or a length of 64 bits
    at += length;
  }
  return [0, 0];
}
