// Drawing the map over the face: parts that raise a value in orange, parts that lower it in blue.

/** @import { Grid, Quad } from "../types.js" */

import { scaleSpan } from "../levels.js";

const SIDE = 96; // pixels of the painted square, which is then stretched over the face
const EXPONENT = 1.5; // opacity = strength ** EXPONENT, so that strong cells stand out

/**
 * Draw a map.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Grid} grid
 * @param {Quad} quad Corners of the area that the map covers, in units of the context.
 * @param {number} opacity 0 to 1.
 */
export function drawHeatmap(context, grid, quad, opacity) {
  const [[left, top], [right, rightY], , [bottomX, bottom]] = quad;
  context.save();
  context.transform(right - left, rightY - top, bottomX - left, bottom - top, left, top);
  context.globalAlpha = opacity;
  context.imageSmoothingQuality = "high";
  context.drawImage(paint(grid), 0, 0, 1, 1);
  context.restore();
  context.save();
  context.beginPath();
  quad.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
  context.setLineDash([2, 5]);
  context.lineWidth = 1.5;
  context.strokeStyle = "rgb(255 255 255 / 70%)";
  context.stroke();
  context.restore();
}

/**
 * Return the value that is drawn in full colour: the largest of the grid, but at least each cell's
 * part of an eighth of the scale, spread evenly, so that a nearly empty map stays pale.
 *
 * @param {Grid} grid
 */
export function fullColourValue(grid) {
  const values = grid.flat();
  return Math.max(scaleSpan() / 8 / values.length, ...values.map(Math.abs));
}

/**
 * Return the strongest cell of one sign, with its centre from 0 to 1 in the square.
 *
 * @param {Grid} grid
 * @param {1 | -1} [sign]
 */
export function strongestCell(grid, sign = 1) {
  let strongest = { value: -Infinity, x: 0, y: 0 };
  grid.forEach((row, i) =>
    row.forEach((value, j) => {
      if (sign * value <= strongest.value) return;
      strongest = {
        value: sign * value,
        x: (j + 0.5) / row.length,
        y: (i + 0.5) / grid.length,
      };
    }),
  );
  return strongest;
}

/** @param {Grid} grid */
function paint(grid) {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot draw on a canvas.");
  const image = context.createImageData(SIDE, SIDE);
  const [raises, lowers] = ["--raises", "--lowers"].map(colourChannels);
  const full = fullColourValue(grid);
  const columns = interpolation(grid[0].length);
  const rows = interpolation(grid.length);
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      const value = interpolate(grid, rows[y], columns[x]) / full;
      image.data.set(value > 0 ? raises : lowers, 4 * (SIDE * y + x));
      const strength = Math.min(1, Math.abs(value)) ** EXPONENT;
      image.data[4 * (SIDE * y + x) + 3] = Math.round(255 * strength);
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/**
 * The two cells that a pixel lies between, and its position between them from 0 to 1.
 *
 * @typedef {{ before: number, after: number, position: number }} Interpolation
 */

/**
 * Return the interpolation of each pixel.
 *
 * @param {number} cells
 * @returns {Interpolation[]}
 */
function interpolation(cells) {
  return Array.from({ length: SIDE }, (_, pixel) => {
    const cell = Math.min(cells - 1, Math.max(0, ((pixel + 0.5) * cells) / SIDE - 0.5));
    const before = Math.min(Math.floor(cell), Math.max(0, cells - 2));
    return { before, after: Math.min(before + 1, cells - 1), position: cell - before };
  });
}

/**
 * @param {Grid} grid
 * @param {Interpolation} row
 * @param {Interpolation} column
 */
function interpolate(grid, row, column) {
  const [upper, lower] = [grid[row.before], grid[row.after]].map(
    (cells) => cells[column.before] * (1 - column.position) + cells[column.after] * column.position,
  );
  return upper * (1 - row.position) + lower * row.position;
}

/** @param {string} property A custom property of CSS with a colour such as #d55e00. */
function colourChannels(property) {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(property).trim();
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}
