// Whether a face can be judged: measures, limits, and the reasons for a refusal. Mirrors
// src/wince/runtime/quality.py, which describes the limits.

/** @import { Point } from "../../../types.js" */
/** @import { RgbImage } from "../rgb_image.js" */
/** @import { Judgement, Measures, Regression } from "../types.js" */
/** @import { Face } from "../faces/face.js" */

import { constants } from "../constants.js";
import { align, applied, cropToImage } from "../faces/align.js";
import { luminance } from "../rgb_image.js";
import { rounded } from "../rounding.js";
import { covered, percentile } from "./occlusion.js";

const { SPEC, WIDTH, YAW, CONTRAST, SHARPNESS, CUT, SCORE, COVERED, DARK, INNER_FACE, REASONS } =
  constants.quality;

const SIZE = SPEC.size;
const IS_INNER = ellipse();
const INNER_POINTS = sampledPoints();
const SURROUNDINGS = surroundings();

/**
 * Measure a face.
 *
 * @param {RgbImage} rgb
 * @param {Face} face The face in pixels of `rgb`.
 * @param {number} scale Pixels of the upright image at full size per pixel of `rgb`.
 * @param {Record<string, Regression>} regressions Of covers; occlusion.json.
 * @returns {Measures}
 */
export function measure(rgb, face, scale, regressions) {
  const grey = luminance(align(rgb, face, SPEC));
  const inner = grey.filter((_, index) => IS_INNER[index]);
  const { mean, deviation } = spread(inner);
  return {
    width: face.size * scale,
    yaw: face.yaw,
    contrast: percentile(inner, 95) - percentile(inner, 5),
    light: mean,
    sharpness: detailDeviation(grey) / Math.max(deviation, 1e-3),
    cut: shareOutside(face, rgb.width, rgb.height),
    score: face.score,
    covered: covered(grey, SIZE, regressions),
  };
}

/**
 * @typedef {object} Defect
 * @property {string} name In REASONS.
 * @property {boolean} isRefused
 * @property {Record<string, number>} values
 */

/**
 * Return whether a face with these measures can be judged.
 *
 * @param {Measures} measures
 * @returns {Judgement}
 */
export function judge(measures) {
  /** @type {Judgement} */
  const judgement = { reasons: {}, warnings: {}, values: {} };
  for (const { name, isRefused, values } of defectsOf(measures)) {
    const reason = REASONS[/** @type {keyof typeof REASONS} */ (name)];
    const message = `${described(reason.description, values)} ${reason.remedy}`;
    (isRefused ? judgement.reasons : judgement.warnings)[name] = message;
    judgement.values[name] = values;
  }
  return judgement;
}

/**
 * Return a description with its values in place of the names in braces; `{name:.2f}` has two decimals.
 *
 * @param {string} description
 * @param {Record<string, number>} values
 */
function described(description, values) {
  return description.replace(/\{(\w+)(?::\.(\d)f)?\}/g, (_, name, digits) =>
    digits ? values[name].toFixed(digits) : String(values[name]),
  );
}

/**
 * Return the defects of a face, in the order in which they are listed.
 *
 * @param {Measures} measures
 */
function defectsOf(measures) {
  const { width, contrast, light, sharpness, cut, score } = measures;
  const yaw = Math.abs(measures.yaw);
  /** @type {Defect[]} */
  const defects = [];
  /**
   * @param {string} name
   * @param {boolean} isRefused
   * @param {Record<string, number>} values
   */
  const add = (name, isRefused, values = {}) => defects.push({ name, isRefused, values });
  if (width < WIDTH.warn) {
    const values = { width: Math.floor(width), needed: Math.ceil(WIDTH.warn) };
    add("small", width < WIDTH.refuse, values);
  }
  if (yaw > YAW.warn) {
    add("turned", yaw > YAW.refuse, { yaw: Math.ceil(yaw), limit: Math.floor(YAW.warn) });
  }
  if (cut > CUT.warn) add("cut", cut > CUT.refuse, { percent: rounded(100 * cut, 0) });
  if (contrast < CONTRAST.warn) {
    const values = { contrast: Math.floor(contrast), needed: Math.ceil(CONTRAST.warn) };
    add(light < DARK ? "dark" : "flat", contrast < CONTRAST.refuse, values);
  }
  // A small face has no fine detail, and gets the warning about its size.
  if (sharpness < SHARPNESS.warn && width >= WIDTH.warn) {
    add("blurred", sharpness < SHARPNESS.refuse);
  }
  if (score < SCORE.warn) add("doubtful", score < SCORE.refuse, { score: rounded(score, 2) });
  // Is the face good enough for a cover to be visible?
  if (width >= WIDTH.warn && contrast >= CONTRAST.warn && sharpness >= SHARPNESS.warn) {
    for (const [part, probability] of Object.entries(measures.covered)) {
      if (probability > COVERED.warn) add(`${part}-covered`, probability > COVERED.refuse);
    }
  }
  return defects;
}

/**
 * Return the share of the inner face, 0 to 1, outside an image.
 *
 * @param {Face} face
 * @param {number} width
 * @param {number} height
 */
export function shareOutside(face, width, height) {
  const matrix = cropToImage(face, SPEC);
  const inside = INNER_POINTS.filter((point) => {
    const [x, y] = applied(matrix, point);
    return x >= 0 && y >= 0 && x < width && y < height;
  });
  return 1 - inside.length / INNER_POINTS.length;
}

/**
 * Return the standard deviation of the fine detail in the inner face.
 *
 * @param {Float32Array} grey
 */
function detailDeviation(grey) {
  const { left, top, width, height } = SURROUNDINGS;
  let part = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const from = (top + y) * SIZE + left;
    part.set(grey.subarray(from, from + width), y * width);
  }
  const denoised = smoothed(part, width); // without the noise of the sensor
  const coarse = smoothed(smoothed(smoothed(denoised, width - 2), width - 4), width - 6);
  const details = [];
  for (let y = 0; y < height - 8; y += 1) {
    for (let x = 0; x < width - 8; x += 1) {
      if (!IS_INNER[(top + y + 4) * SIZE + left + x + 4]) continue;
      details.push(denoised[(y + 3) * (width - 2) + x + 3] - coarse[y * (width - 8) + x]);
    }
  }
  return spread(Float32Array.from(details)).deviation;
}

/**
 * Return luminance smoothed with the weights 1 2 1 in both directions, without the outermost pixels.
 *
 * @param {Float32Array} grey
 * @param {number} width
 */
function smoothed(grey, width) {
  const height = grey.length / width;
  const columns = new Float32Array(width); // sums of three rows
  const result = new Float32Array((width - 2) * (height - 2));
  for (let y = 0, to = 0; y < height - 2; y += 1) {
    for (let x = 0, from = y * width; x < width; x += 1, from += 1) {
      columns[x] = grey[from] + 2 * grey[from + width] + grey[from + 2 * width];
    }
    for (let x = 0; x < width - 2; x += 1, to += 1) {
      result[to] = (columns[x] + 2 * columns[x + 1] + columns[x + 2]) / 16;
    }
  }
  return result;
}

/**
 * Return the mean and the standard deviation of values.
 *
 * @param {Float32Array} values
 */
function spread(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

/** Return which pixels of a crop by SPEC are inside the face: an ellipse. */
function ellipse() {
  return Array.from({ length: SIZE * SIZE }, (_, index) => {
    const y = (Math.floor(index / SIZE) + 0.5) / SIZE - 0.5;
    const x = ((index % SIZE) + 0.5) / SIZE - 0.5;
    return Math.hypot(x / INNER_FACE[0], y / INNER_FACE[1]) < 1;
  });
}

/** Return every 16th pixel of the inner face as a point of the crop. */
function sampledPoints() {
  /** @type {Point[]} */
  const points = [];
  for (let y = 2; y < SIZE; y += 4) {
    for (let x = 2; x < SIZE; x += 4) {
      if (IS_INNER[y * SIZE + x]) points.push([x + 0.5, y + 0.5]);
    }
  }
  return points;
}

/** Return the inner face with the four pixels around it that smoothing takes into account. */
function surroundings() {
  const places = [...IS_INNER.keys()].filter((index) => IS_INNER[index]);
  const rows = places.map((index) => Math.floor(index / SIZE));
  const columns = places.map((index) => index % SIZE);
  const [left, top] = [Math.min(...columns) - 4, Math.min(...rows) - 4];
  const [right, bottom] = [Math.max(...columns) + 5, Math.max(...rows) + 5];
  return { left, top, width: right - left, height: bottom - top };
}
