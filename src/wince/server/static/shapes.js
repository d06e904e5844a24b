// One shape per level, so that no level is told by colour alone. Paths in a box of 24 x 24;
// the same ones serve SVG and canvas.

export const SHAPES = {
  none: "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20Zm0 4a6 6 0 1 1 0 12a6 6 0 1 1 0-12Z",
  mild: "M12 1 23 12 12 23 1 12Z",
  moderate: "M12 2 23.5 22H.5Z",
  severe: "M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9Z",
};

/** Return a level in English words for a heading: the lowest is never worded as "no pain". */
export function levelTitle(level) {
  if (level === "none") return "No pain expression seen";
  return level[0].toUpperCase() + level.slice(1);
}

/** Return a level in a word or two, for labels with little room. */
export function levelWord(level) {
  return level === "none" ? "none seen" : level;
}

/** Return the whole numbers of a level; its cuts stand half a point below the first. */
export function levelRange(from, to) {
  const [first, last] = [Math.ceil(from), Math.floor(to)];
  return first === last ? `${first}` : `${first}–${last}`;
}

/** Return an SVG element with a level's shape, invisible to screen readers. */
export function shapeIcon(level) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[level]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}
