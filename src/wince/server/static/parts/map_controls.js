// "Show where": whether the map is shown, for which value, how strongly, and what it shows in words.

/** @import { Assessment, Face, Grid, Point, Quad, Scale } from "../types.js" */

import { find, fromTemplate, setText } from "../dom.js";
import { fullColourValue, strongestCell } from "./heatmap.js";

const SCORE = "PSPI";

/**
 * Add the controls to `root`.
 *
 * @param {HTMLElement} root
 * @param {Scale} scale
 * @param {object} options
 * @param {() => void} options.onChange Called after each change of a control.
 * @param {boolean} [options.announced] Whether screen readers read a changed description at once.
 */
export function createMapControls(root, scale, { onChange, announced = false }) {
  const panel = fromTemplate("map-template");
  root.append(panel);
  const checkbox = find(panel, ".map-on", HTMLInputElement);
  const names = find(panel, ".map-name", HTMLSelectElement);
  const opacity = find(panel, ".map-opacity", HTMLInputElement);
  const [description, note] = [find(panel, ".map-text"), find(panel, ".map-note")];
  names.append(
    new Option(SCORE, SCORE),
    ...scale.action_units.map(
      ({ name, title }) =>
        new Option(`${name}, ${title.charAt(0).toLowerCase()}${title.slice(1)}`, name),
    ),
  );
  if (announced) description.setAttribute("aria-live", "polite");
  /** @type {Assessment | null} */
  let shown = null;

  function fill() {
    find(panel, ".map-details").hidden = !checkbox.checked;
    find(panel, ".map-choice").hidden = !checkbox.checked;
    const grid = checkbox.checked ? gridOf(shown, names.value) : null;
    for (const part of [find(panel, ".map-legend"), description, note]) part.hidden = !grid;
    find(panel, ".map-pending").hidden = Boolean(grid);
    if (!grid || !shown?.heatmap) return;
    const full = fullColourValue(grid).toFixed(2);
    find(panel, ".ramp-low").textContent = `−${full}`;
    find(panel, ".ramp-high").textContent = `+${full}`;
    setText(description, describe(shown.face, shown.heatmap.quad, names.value, grid));
    setText(note, shown.heatmap.note);
  }

  function changed() {
    fill();
    onChange();
  }

  for (const control of [checkbox, names, opacity]) control.addEventListener("input", changed);
  fill();

  return {
    /** Whether the map is shown. */
    isOn: () => checkbox.checked,
    /**
     * Return what to draw for an assessment, or null.
     *
     * @param {Assessment | null} assessment
     */
    mapOf(assessment) {
      const grid = checkbox.checked ? gridOf(assessment, names.value) : null;
      if (!grid || !assessment?.heatmap) return null;
      return { grid, quad: assessment.heatmap.quad, opacity: Number(opacity.value) / 100 };
    },
    /** Return the action unit whose map is shown, or null. */
    selectedUnit: () => (checkbox.checked && names.value !== SCORE ? names.value : null),
    /**
     * Show the map of an action unit, or hide it if it is shown.
     *
     * @param {string} name
     */
    toggle(name) {
      checkbox.checked = !(checkbox.checked && names.value === name);
      names.value = name;
      changed();
    },
    /**
     * Describe the map of another assessment; null for none.
     *
     * @param {Assessment | null} assessment
     */
    update(assessment) {
      shown = assessment;
      const scoreOnly = Boolean(assessment?.heatmap && !assessment.heatmap.action_units);
      for (const option of names.options) option.disabled = scoreOnly && option.value !== SCORE;
      fill();
    },
  };
}

/**
 * @param {Assessment | null} assessment
 * @param {string} name
 * @returns {Grid | null}
 */
function gridOf(assessment, name) {
  const heatmap = assessment?.heatmap;
  if (!heatmap) return null;
  return name === SCORE ? heatmap.pspi : (heatmap.action_units?.[name] ?? null);
}

/**
 * Return in words where a value is raised and lowered most.
 *
 * @param {Face} face
 * @param {Quad} quad
 * @param {string} name
 * @param {Grid} grid
 */
function describe(face, quad, name, grid) {
  const full = fullColourValue(grid);
  const [raised, lowered] = [strongestCell(grid), strongestCell(grid, -1)];
  const places = placesOf(face, quad);
  const parts = [];
  if (raised.value >= full / 2) parts.push(`raised most ${nearest(places, raised)}`);
  if (lowered.value >= full / 2) parts.push(`lowered most ${nearest(places, lowered)}`);
  if (!parts.length) return `${name}: no part of the face changes it much.`;
  return `${name}: ${parts.join(", ")}.`;
}

/**
 * Return names of places, with their positions from 0 to 1 in the square that the map covers.
 *
 * @param {Face} face
 * @param {Quad} quad
 * @returns {[string, Point][]}
 */
function placesOf({ keypoints }, [origin, right, , bottom]) {
  const across = minus(right, origin);
  const down = minus(bottom, origin);
  const area = across[0] * down[1] - across[1] * down[0];
  /**
   * @param {string} name
   * @returns {Point}
   */
  const inSquare = (name) => {
    const [x, y] = minus(keypoints[name], origin);
    return [(x * down[1] - y * down[0]) / area, (y * across[0] - x * across[1]) / area];
  };
  const [rightEye, leftEye] = [inSquare("right_eye"), inSquare("left_eye")];
  const [rightEar, leftEar] = [inSquare("right_ear"), inSquare("left_ear")];
  const [nose, mouth] = [inSquare("nose"), inSquare("mouth")];
  const eyes = between(rightEye, leftEye, 0.5);
  return [
    ["at the forehead", between(eyes, mouth, -0.6)],
    ["between the brows", between(eyes, mouth, -0.15)],
    ["around the person’s right eye", rightEye],
    ["around the person’s left eye", leftEye],
    ["at the nose", nose],
    ["at the person’s right cheek", between(rightEar, mouth, 0.5)],
    ["at the person’s left cheek", between(leftEar, mouth, 0.5)],
    ["around the mouth", mouth],
    ["at the chin", between(eyes, mouth, 1.5)],
    ["at the person’s right ear", rightEar],
    ["at the person’s left ear", leftEar],
  ];
}

/**
 * @param {[string, Point][]} places
 * @param {{ x: number, y: number }} cell
 */
function nearest(places, { x, y }) {
  /** @param {[string, Point]} place */
  const distance = ([, [placeX, placeY]]) => Math.hypot(placeX - x, placeY - y);
  return places.reduce((a, b) => (distance(b) < distance(a) ? b : a))[0];
}

/**
 * Return the point at a fraction of the way from one point to another.
 *
 * @param {Point} from
 * @param {Point} to
 * @param {number} fraction
 * @returns {Point}
 */
function between([x0, y0], [x1, y1], fraction) {
  return [x0 + (x1 - x0) * fraction, y0 + (y1 - y0) * fraction];
}

/**
 * @param {Point} a
 * @param {Point} b
 * @returns {Point}
 */
function minus([x0, y0], [x1, y1]) {
  return [x0 - x1, y0 - y1];
}
