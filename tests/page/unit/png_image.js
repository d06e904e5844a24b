// Decodes the PNG files of the test vectors: 8 bits of red, green and blue, not interlaced.

import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";

/** Return the RgbImage in a PNG file. */
export function readPng(path) {
  const bytes = readFileSync(path);
  let width = 0;
  let height = 0;
  const packed = [];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const chunk = bytes.subarray(at + 8, at + 8 + length);
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (type === "IHDR") [width, height] = [chunk.readUInt32BE(0), chunk.readUInt32BE(4)];
    if (type === "IDAT") packed.push(chunk);
    at += length + 12;
  }
  return { width, height, data: unfiltered(inflateSync(Buffer.concat(packed)), width * 3, height) };
}

function unfiltered(lines, stride, height) {
  const data = new Uint8Array(stride * height);
  for (let row = 0; row < height; row += 1) {
    const predict = PREDICTIONS[lines[row * (stride + 1)]];
    for (let byte = 0; byte < stride; byte += 1) {
      const at = row * stride + byte;
      const left = byte >= 3 ? data[at - 3] : 0;
      const above = row > 0 ? data[at - stride] : 0;
      const corner = byte >= 3 && row > 0 ? data[at - stride - 3] : 0;
      data[at] = lines[row * (stride + 1) + 1 + byte] + predict(left, above, corner);
    }
  }
  return data;
}

function paeth(left, above, corner) {
  const sum = left + above - corner;
  const toLeft = Math.abs(sum - left);
  const toAbove = Math.abs(sum - above);
  const toCorner = Math.abs(sum - corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

// By the filter of a row.
const PREDICTIONS = [
  () => 0,
  (left) => left,
  (left, above) => above,
  (left, above) => (left + above) >> 1,
  paeth,
];
