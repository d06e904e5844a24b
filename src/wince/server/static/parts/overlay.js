// The face box, the level and, on request, the map, drawn over the photo or the video.

/** @import { Box, Grid, Level, Quad, Scale, Size, Statement, TrackStatement } from "../types.js" */

import { context2d } from "../dom.js";
import { drawHeatmap } from "./heatmap.js";
import { SHAPES, shapeName, statedWord, wholeScore } from "../levels.js";
import { t } from "../texts.js";

const FONT = '600 15px "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif';

/**
 * @typedef {object} Overlay
 * @property {Box} box The face, in pixels of the image.
 * @property {Statement | TrackStatement} statement Its level and score are written on the box.
 * @property {Size} size Size of the image that the box is in.
 * @property {boolean} [mirrored] Whether the image is shown mirrored.
 * @property {boolean} [isFramed] Whether the face has a box with its level.
 * @property {{ grid: Grid, quad: Quad, opacity: number } | null} [map] The image is grey under it.
 */

/**
 * Draw the overlay; null only clears it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Scale} scale
 * @param {Overlay | null} overlay
 */
export function drawOverlay(canvas, scale, overlay) {
  canvas.parentElement?.classList.toggle("mapped", Boolean(overlay?.map));
  const { clientWidth: width, clientHeight: height } = canvas;
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  if (!overlay || !width) return;
  const { box, statement, size, mirrored = false, isFramed = true, map = null } = overlay;
  const context = context2d(canvas);
  context.scale(density, density);
  const [scaleX, scaleY] = [width / size.width, height / size.height];
  if (map) {
    const quad = map.quad.map(([x, y]) => [mirrored ? width - x * scaleX : x * scaleX, y * scaleY]);
    drawHeatmap(context, map.grid, /** @type {Quad} */ (quad), map.opacity);
  }
  if (!isFramed) return;
  const [x0, y0, x1, y1] = box;
  const rectangle = {
    left: mirrored ? width - x1 * scaleX : x0 * scaleX,
    top: y0 * scaleY,
    width: (x1 - x0) * scaleX,
    height: (y1 - y0) * scaleY,
  };
  const colour = lightened(levelColour(statement.level));
  drawBox(context, rectangle, colour);
  drawLabel(context, rectangle, labelText(scale, statement), statement.level, colour, width);
}

/**
 * Set the aspect ratio of the frame around an image.
 *
 * @param {HTMLElement} frame
 * @param {number} width
 * @param {number} height
 */
export function setAspectRatio(frame, width, height) {
  if (width && height) frame.style.setProperty("--ratio", String(width / height));
}

/** @param {Level | null} level */
function levelColour(level) {
  if (!level) return "#b4bfca"; // not judged, or without levels
  const name = `--${shapeName(level)}`;
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @typedef {{ left: number, top: number, width: number, height: number }} Rectangle */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Rectangle} rectangle
 * @param {string} colour
 */
function drawBox(context, { left, top, width, height }, colour) {
  const lines = [
    { style: "rgb(0 0 0 / 55%)", lineWidth: 6 },
    { style: colour, lineWidth: 3 },
  ];
  for (const { style, lineWidth } of lines) {
    context.strokeStyle = style;
    context.lineWidth = lineWidth;
    context.beginPath();
    context.roundRect(left, top, width, height, 10);
    context.stroke();
  }
}

/**
 * @param {Scale} scale
 * @param {Statement | TrackStatement} statement
 */
function labelText(scale, statement) {
  if (statement.score === null) {
    const isChanging = "kind" in statement && statement.kind === "changing";
    return t(isChanging ? "overlay.changing" : "overlay.not-judged");
  }
  const { level, between, score } = statement;
  const word = level === null ? scale.name : statedWord({ level, between });
  return `${word}  ${wholeScore(scale, score)}`;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Rectangle} rectangle
 * @param {string} text
 * @param {Level | null} level
 * @param {string} colour
 * @param {number} canvasWidth
 */
function drawLabel(context, rectangle, text, level, colour, canvasWidth) {
  context.font = FONT;
  const width = context.measureText(text).width + (level ? 44 : 18);
  const left = Math.max(4, Math.min(rectangle.left, canvasWidth - width - 4));
  const top = rectangle.top > 40 ? rectangle.top - 36 : Math.max(4, rectangle.top + 6);
  context.fillStyle = "rgb(12 17 16 / 88%)";
  context.beginPath();
  context.roundRect(left, top, width, 30, 8);
  context.fill();
  context.save();
  context.translate(left + 9, top + 7);
  context.scale(16 / 24, 16 / 24);
  context.fillStyle = colour;
  if (level) context.fill(new Path2D(SHAPES[shapeName(level)]), "evenodd");
  context.restore();
  context.fillStyle = "#ffffff";
  context.textBaseline = "middle";
  context.textAlign = "left"; // in a language from right to left too
  context.fillText(text, left + (level ? 33 : 9), top + 16);
}

/**
 * Return a lighter colour, because it is drawn on a dark background in every colour scheme.
 *
 * @param {string} colour
 */
function lightened(colour) {
  return `color-mix(in srgb, ${colour} 60%, white)`;
}
