// Images of RGB pixels, and Pillow's operations on them, to the last grey level: browsers scale the
// pixels of a canvas each in their own way. The arithmetic is that of Pillow's C files Reduce.c,
// Resample.c, Geometry.c and Convert.c.

/** @import { Box } from "../../types.js" */

/**
 * @typedef {object} RgbImage
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} data height x width x 3 bytes, row by row.
 */

const PRECISION_BITS = 22; // of the weights of a filter

/**
 * A filter of `resize`: weight by distance in pixels, and the distance from which it is zero.
 *
 * @typedef {object} Filter
 * @property {(distance: number) => number} weight
 * @property {number} support
 */

/** @type {Filter} */
export const BILINEAR = { weight: (x) => Math.max(0, 1 - Math.abs(x)), support: 1 };
/** @type {Filter} */
export const BOX = { weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0), support: 0.5 };

/**
 * Return the RGB image of pixels with an alpha channel, such as those of ImageData. Transparent
 * pixels are blended with white.
 *
 * @param {{ width: number, height: number, data: Uint8ClampedArray | Uint8Array }} rgba
 * @returns {RgbImage}
 */
export function fromRgba({ width, height, data: pixels }) {
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    const alpha = pixels[from + 3];
    if (alpha === 255) {
      data[to] = pixels[from];
      data[to + 1] = pixels[from + 1];
      data[to + 2] = pixels[from + 2];
    } else {
      for (let channel = 0; channel < 3; channel += 1) {
        const blended = pixels[from + channel] * alpha + 255 * (255 - alpha) + 128;
        data[to + channel] = ((blended >> 8) + blended) >> 8;
      }
    }
  }
  return { width, height, data };
}

/**
 * Return an image with blocks of pixels averaged, as Pillow's `reduce` does. The last blocks may be
 * partial.
 *
 * @param {RgbImage} image
 * @param {number} factorX Width of a block.
 * @param {number} factorY Height of a block.
 * @param {Box} [box] The part that is reduced, in whole pixels.
 * @returns {RgbImage}
 */
export function reduce(image, factorX, factorY = factorX, box = [0, 0, image.width, image.height]) {
  const [left, top, right, bottom] = box;
  if (factorX === 1 && factorY === 1) return cropped(image, box);
  const width = Math.ceil((right - left) / factorX);
  const height = Math.ceil((bottom - top) / factorY);
  const data = new Uint8Array(width * height * 3);
  const source = image.data;
  const stride = image.width * 3;
  const whole = factorX * factorY;
  const wholeMultiplier = blockMultiplier(whole);
  for (let y = 0, to = 0; y < height; y += 1) {
    const firstRow = top + y * factorY;
    const rows = Math.min(factorY, bottom - firstRow);
    for (let x = 0; x < width; x += 1, to += 3) {
      const firstColumn = left + x * factorX;
      const columns = Math.min(factorX, right - firstColumn);
      const count = rows * columns;
      let red = count >> 1;
      let green = red;
      let blue = red;
      for (let row = 0; row < rows; row += 1) {
        let from = (firstRow + row) * stride + firstColumn * 3;
        for (let column = 0; column < columns; column += 1, from += 3) {
          red += source[from];
          green += source[from + 1];
          blue += source[from + 2];
        }
      }
      const multiplier = count === whole ? wholeMultiplier : blockMultiplier(count);
      data[to] = Math.imul(red, multiplier) >>> 24;
      data[to + 1] = Math.imul(green, multiplier) >>> 24;
      data[to + 2] = Math.imul(blue, multiplier) >>> 24;
    }
  }
  return { width, height, data };
}

/**
 * Return 2 ** 24 / count, rounded as Pillow does: in single precision.
 *
 * @param {number} count
 */
function blockMultiplier(count) {
  return Math.floor(Math.fround(2 ** 32 / (256 * count)));
}

/**
 * Return a part of an image.
 *
 * @param {RgbImage} image
 * @param {Box} box In whole pixels, within the image.
 * @returns {RgbImage}
 */
export function cropped(image, [left, top, right, bottom]) {
  const width = right - left;
  const height = bottom - top;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}

/**
 * Return an image in another size, as Pillow's `resize` does: rows first. Where an image becomes much
 * lower and hardly narrower, Pillow 13 begins with the columns, which may change a grey level by one.
 *
 * @param {RgbImage} image
 * @param {number} width
 * @param {number} height
 * @param {Filter} filter
 * @param {object} [options]
 * @param {Box} [options.box] The part that is resized.
 * @param {number | null} [options.reducingGap] Averages blocks of pixels first if the image becomes
 *   smaller by more than twice this factor.
 * @returns {RgbImage}
 */
export function resize(image, width, height, filter, { box, reducingGap = null } = {}) {
  box ??= [0, 0, image.width, image.height];
  const isWhole = box[0] === 0 && box[1] === 0 && box[2] === width && box[3] === height;
  if (isWhole && image.width === width && image.height === height) return image;
  if (reducingGap !== null) {
    const factorX = Math.trunc((box[2] - box[0]) / width / reducingGap) || 1;
    const factorY = Math.trunc((box[3] - box[1]) / height / reducingGap) || 1;
    if (factorX > 1 || factorY > 1) {
      const part = safeBox(image, width, height, filter, box);
      image = reduce(image, factorX, factorY, part);
      box = [
        (box[0] - part[0]) / factorX,
        (box[1] - part[1]) / factorY,
        (box[2] - part[0]) / factorX,
        (box[3] - part[1]) / factorY,
      ];
    }
  }
  return resample(image, width, height, filter, box);
}

/**
 * Return the part of an image, in whole pixels, that influences a part that is resized.
 *
 * @param {RgbImage} image
 * @param {number} width
 * @param {number} height
 * @param {Filter} filter
 * @param {Box} box
 * @returns {Box}
 */
function safeBox(image, width, height, filter, [left, top, right, bottom]) {
  const supportX = ((filter.support - 0.5) * (right - left)) / width;
  const supportY = ((filter.support - 0.5) * (bottom - top)) / height;
  return [
    Math.max(0, Math.trunc(left - supportX)),
    Math.max(0, Math.trunc(top - supportY)),
    Math.min(image.width, Math.ceil(right + supportX)),
    Math.min(image.height, Math.ceil(bottom + supportY)),
  ];
}

/**
 * @param {RgbImage} image
 * @param {number} width
 * @param {number} height
 * @param {Filter} filter
 * @param {Box} box
 * @returns {RgbImage}
 */
function resample(image, width, height, filter, box) {
  const [left, top, right, bottom] = box.map(Math.fround);
  const vertical = filterWeights(image.height, top, bottom, height, filter);
  let { data } = image;
  let firstRow = 0;
  if (width !== image.width || left !== 0 || right !== width) {
    firstRow = vertical.starts[0];
    const lastRow = vertical.starts[height - 1] + vertical.counts[height - 1];
    const horizontal = filterWeights(image.width, left, right, width, filter);
    data = resampleRows(data, image.width * 3, firstRow, lastRow - firstRow, width, horizontal);
  }
  if (height !== image.height || top !== 0 || bottom !== height) {
    data = resampleColumns(data, width * 3, firstRow, height, vertical);
  }
  return { width, height, data };
}

/**
 * Which pixels of a line influence each pixel of the resized line, and how much.
 *
 * @typedef {object} FilterWeights
 * @property {Int32Array} starts The first pixel.
 * @property {Int32Array} counts How many pixels.
 * @property {Int32Array} weights `size` for each pixel of the resized line, in 2 ** -22.
 * @property {number} size
 */

/**
 * @param {number} inSize
 * @param {number} from
 * @param {number} to
 * @param {number} outSize
 * @param {Filter} filter
 * @returns {FilterWeights}
 */
function filterWeights(inSize, from, to, outSize, filter) {
  const scale = Math.fround(to - from) / outSize;
  const filterScale = Math.max(scale, 1);
  const support = filter.support * filterScale;
  const size = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(outSize);
  const counts = new Int32Array(outSize);
  const weights = new Int32Array(outSize * size);
  const exact = new Float64Array(size);
  for (let index = 0; index < outSize; index += 1) {
    const centre = from + (index + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(inSize, Math.trunc(centre + support + 0.5)) - start;
    let sum = 0;
    for (let place = 0; place < count; place += 1) {
      exact[place] = filter.weight((place + start - centre + 0.5) * (1 / filterScale));
      sum += exact[place];
    }
    starts[index] = start;
    counts[index] = count;
    for (let place = 0; place < count; place += 1) {
      const weight = sum === 0 ? exact[place] : exact[place] / sum;
      weights[index * size + place] = Math.trunc(0.5 + weight * 2 ** PRECISION_BITS);
    }
  }
  return { starts, counts, weights, size };
}

/**
 * @param {Uint8Array} source
 * @param {number} stride Bytes of a row.
 * @param {number} firstRow
 * @param {number} rows
 * @param {number} width
 * @param {FilterWeights} filter
 */
function resampleRows(source, stride, firstRow, rows, width, { starts, counts, weights, size }) {
  const data = new Uint8Array(rows * width * 3);
  const half = 1 << (PRECISION_BITS - 1);
  for (let row = 0, to = 0; row < rows; row += 1) {
    const rowStart = (firstRow + row) * stride;
    for (let x = 0; x < width; x += 1, to += 3) {
      let red = half;
      let green = half;
      let blue = half;
      let from = rowStart + starts[x] * 3;
      const first = x * size;
      const last = first + counts[x];
      for (let place = first; place < last; place += 1, from += 3) {
        const weight = weights[place];
        red = (red + Math.imul(source[from], weight)) | 0;
        green = (green + Math.imul(source[from + 1], weight)) | 0;
        blue = (blue + Math.imul(source[from + 2], weight)) | 0;
      }
      data[to] = red >> PRECISION_BITS;
      data[to + 1] = green >> PRECISION_BITS;
      data[to + 2] = blue >> PRECISION_BITS;
    }
  }
  return data;
}

/**
 * @param {Uint8Array} source
 * @param {number} stride Bytes of a row.
 * @param {number} firstRow Number of the first row of `source`.
 * @param {number} height
 * @param {FilterWeights} filter
 */
function resampleColumns(source, stride, firstRow, height, { starts, counts, weights, size }) {
  const data = new Uint8Array(height * stride);
  const half = 1 << (PRECISION_BITS - 1);
  const sums = new Int32Array(stride);
  for (let y = 0; y < height; y += 1) {
    sums.fill(half);
    for (let place = 0; place < counts[y]; place += 1) {
      const weight = weights[y * size + place];
      const from = (starts[y] + place - firstRow) * stride;
      for (let byte = 0; byte < stride; byte += 1) {
        sums[byte] = (sums[byte] + Math.imul(source[from + byte], weight)) | 0;
      }
    }
    const to = y * stride;
    for (let byte = 0; byte < stride; byte += 1) data[to + byte] = sums[byte] >> PRECISION_BITS;
  }
  return data;
}

/**
 * Return a square of an image, black beyond the image, as Pillow's affine `transform` with its
 * bilinear filter does.
 *
 * @param {RgbImage} image
 * @param {readonly number[]} matrix The six numbers, row by row, of the map from a point of the
 *   square to one of the image.
 * @param {number} size Side of the square.
 * @returns {RgbImage}
 */
export function transformed(image, matrix, size) {
  const { width, height, data: source } = image;
  const [a, b, c, d, e, f] = matrix;
  const stride = width * 3;
  const data = new Uint8Array(size * size * 3);
  for (let row = 0, to = 0; row < size; row += 1) {
    const v = row + 0.5;
    for (let column = 0; column < size; column += 1, to += 3) {
      const u = column + 0.5;
      const pointX = a * u + b * v + c;
      const pointY = d * u + e * v + f;
      if (pointX < 0 || pointX >= width || pointY < 0 || pointY >= height) continue;
      const x = Math.floor(pointX - 0.5);
      const y = Math.floor(pointY - 0.5);
      const shareX = pointX - 0.5 - x;
      const shareY = pointY - 0.5 - y;
      const left = Math.max(x, 0) * 3;
      const right = Math.min(x + 1, width - 1) * 3;
      const upper = Math.max(y, 0) * stride;
      const lower = y + 1 < height ? (y + 1) * stride : upper;
      for (let channel = 0; channel < 3; channel += 1) {
        const first = source[upper + left + channel];
        const second = source[lower + left + channel];
        const top = first + (source[upper + right + channel] - first) * shareX;
        const bottom = second + (source[lower + right + channel] - second) * shareX;
        data[to + channel] = top + (bottom - top) * shareY;
      }
    }
  }
  return { width: size, height: size, data };
}

/**
 * Return the luminance of each pixel, 0 to 255 in whole numbers.
 *
 * @param {RgbImage} image
 */
export function luminance({ data }) {
  const grey = new Float32Array(data.length / 3);
  for (let index = 0, from = 0; index < grey.length; index += 1, from += 3) {
    const sum = data[from] * 19595 + data[from + 1] * 38470 + data[from + 2] * 7471;
    grey[index] = (sum + 0x8000) >> 16;
  }
  return grey;
}
