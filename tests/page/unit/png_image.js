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
  let above = new Uint8Array(stride);
  for (let row = 0; row < height; row += 1) {
    const start = row * (stride + 1) + 1;
    const bytes = data.subarray(row * stride, (row + 1) * stride);
    bytes.set(lines.subarray(start, start + stride));
    ADD_PREDICTION[lines[start - 1]](bytes, above);
    above = bytes;
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

// By the filter of a row. One loop for each: a call for each byte takes most of the time.
const ADD_PREDICTION = [
  () => {},
  (row) => {
    for (let at = 3; at < row.length; at += 1) row[at] += row[at - 3];
  },
  (row, above) => {
    for (let at = 0; at < row.length; at += 1) row[at] += above[at];
  },
  (row, above) => {
    for (let at = 0; at < 3; at += 1) row[at] += above[at] >> 1;
    for (let at = 3; at < row.length; at += 1) row[at] += (row[at - 3] + above[at]) >> 1;
  },
  (row, above) => {
    for (let at = 0; at < 3; at += 1) row[at] += above[at];
    for (let at = 3; at < row.length; at += 1) {
      row[at] += paeth(row[at - 3], above[at], above[at - 3]);
    }
  },
];
