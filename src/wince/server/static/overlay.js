// The face box and the level, on demand the map too, drawn over the photo or the video.

import { drawHeatmap } from "./heatmap.js";
import { SHAPES, levelWord } from "./shapes.js";

const FONT = '600 15px "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif';

/**
 * Draw the box and the level of an assessment; null only clears.
 * size: width and height of the picture that the box is in; mirrored: the picture is shown mirrored;
 * map: {grid, quad, opacity}, quad in pixels of the picture, or null. Under a map the picture is grey.
 */
export function drawOverlay(canvas, assessment, size, { mirrored = false, map = null } = {}) {
  const mapped = Boolean(map && assessment?.face);
  canvas.closest(".picture").classList.toggle("mapped", mapped);
  const { clientWidth: width, clientHeight: height } = canvas;
  const dense = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * dense);
  canvas.height = Math.round(height * dense);
  if (!assessment?.face || !width) return;
  const context = canvas.getContext("2d");
  context.scale(dense, dense);
  const [x0, y0, x1, y1] = assessment.face.box;
  const across = width / size.width;
  const down = height / size.height;
  if (mapped) {
    const place = ([x, y]) => [mirrored ? width - x * across : x * across, y * down];
    drawHeatmap(context, map.grid, map.quad.map(place), map.opacity);
  }
  const left = mirrored ? width - x1 * across : x0 * across;
  const box = { left, top: y0 * down, width: (x1 - x0) * across, height: (y1 - y0) * down };
  const color = lightened(levelColor(assessment.level));
  drawBox(context, box, color);
  drawLabel(context, box, assessment, color, width);
}

/** Tell a picture's frame the shape of what is in it. */
export function setRatio(frame, width, height) {
  if (width && height) frame.style.setProperty("--ratio", String(width / height));
}

function levelColor(level) {
  if (!level) return "#b4bfca"; // not judged
  return getComputedStyle(document.documentElement).getPropertyValue(`--${level}`).trim();
}

function drawBox(context, { left, top, width, height }, color) {
  for (const [stroke, line] of [["rgb(0 0 0 / 55%)", 6], [color, 3]]) {
    context.strokeStyle = stroke;
    context.lineWidth = line;
    context.beginPath();
    context.roundRect(left, top, width, height, 10);
    context.stroke();
  }
}

function drawLabel(context, box, { level, pspi }, color, width) {
  const text = level ? `${levelWord(level)}  ${pspi.toFixed(1)}` : "not judged";
  context.font = FONT;
  const wide = context.measureText(text).width + (level ? 44 : 18);
  const left = Math.max(4, Math.min(box.left, width - wide - 4));
  const top = box.top > 40 ? box.top - 36 : Math.max(4, box.top + 6);
  context.fillStyle = "rgb(12 17 16 / 88%)";
  context.beginPath();
  context.roundRect(left, top, wide, 30, 8);
  context.fill();
  context.save();
  context.translate(left + 9, top + 7);
  context.scale(16 / 24, 16 / 24);
  context.fillStyle = color;
  if (level) context.fill(new Path2D(SHAPES[level]), "evenodd");
  context.restore();
  context.fillStyle = "#ffffff";
  context.textBaseline = "middle";
  context.fillText(text, left + (level ? 33 : 9), top + 16);
}

// Drawn over a dark ground or outline, whatever the page's own ground is.
function lightened(color) {
  return `color-mix(in srgb, ${color} 60%, white)`;
}
