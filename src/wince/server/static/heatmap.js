// The map over the face: which parts raise a value, in orange, and which lower it, in blue.

const SIDE = 96; // pixels of the painted square, which is then stretched over the face
const FADE = 1.5; // half the value has a third of the colour, so that what is strong stands out

/**
 * Draw a map into `context`. grid: rows of cells; quad: the corners of what it covers, in the
 * context's own units; opacity: 0 to 1.
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
 * Return the size of a cell that is drawn in full colour: the largest, but at least what each cell
 * holds of two points spread evenly, so that next to nothing looks like next to nothing.
 */
export function fullColour(grid) {
  const values = grid.flat();
  return Math.max(2 / values.length, ...values.map(Math.abs));
}

/** Return the strongest cell of one sign as {value, x, y}, its middle from 0 to 1 in the square. */
export function strongest(grid, sign = 1) {
  let best = { value: -Infinity };
  grid.forEach((row, i) =>
    row.forEach((value, j) => {
      if (sign * value <= best.value) return;
      best = { value: sign * value, x: (j + 0.5) / row.length, y: (i + 0.5) / grid.length };
    }),
  );
  return best;
}

function paint(grid) {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext("2d");
  const image = context.createImageData(SIDE, SIDE);
  const [raises, lowers] = ["--raises", "--lowers"].map(channels);
  const full = fullColour(grid);
  const across = places(grid[0].length);
  const down = places(grid.length);
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      const value = between(grid, down[y], across[x]) / full;
      image.data.set(value > 0 ? raises : lowers, 4 * (SIDE * y + x));
      const strength = Math.min(1, Math.abs(value)) ** FADE;
      image.data[4 * (SIDE * y + x) + 3] = Math.round(255 * strength);
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Return for each pixel the two cells it lies between, and how far along. */
function places(cells) {
  return Array.from({ length: SIDE }, (_, pixel) => {
    const at = Math.min(cells - 1, Math.max(0, ((pixel + 0.5) * cells) / SIDE - 0.5));
    const first = Math.min(Math.floor(at), Math.max(0, cells - 2));
    return [first, Math.min(first + 1, cells - 1), at - first];
  });
}

function between(grid, [above, below, down], [left, right, across]) {
  const upper = grid[above][left] * (1 - across) + grid[above][right] * across;
  const lower = grid[below][left] * (1 - across) + grid[below][right] * across;
  return upper * (1 - down) + lower * down;
}

function channels(name) {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}
