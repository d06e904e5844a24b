// "Show where": whether the map is shown, for which value, how strongly, and what it shows in words.

/** @import { Assessment, Face, Grid, Heatmap, Point, Quad, Scale } from "../types.js" */
/** @import { MapView } from "../state.js" */

import { find, fromTemplate, setText } from "../dom.js";
import { fullColourValue, strongestCell } from "./heatmap.js";
import { number, t } from "../texts.js";

const SCORE = ""; // value of the option for the score

/**
 * Add the controls to `root`.
 *
 * @param {HTMLElement} root
 * @param {Scale} scale
 * @param {(change: Partial<MapView>) => void} setMap
 */
export function createMapControls(root, scale, setMap) {
  const panel = fromTemplate("map-template");
  root.append(panel);
  const checkbox = find(panel, ".map-on", HTMLInputElement);
  const units = find(panel, ".map-name", HTMLSelectElement);
  const opacity = find(panel, ".map-opacity", HTMLInputElement);
  const options = scale.action_units.map(({ name }) => new Option("", name));
  const scoreOption = new Option("", SCORE);
  units.append(scoreOption, ...options);
  checkbox.addEventListener("input", () => setMap({ isOn: checkbox.checked }));
  units.addEventListener("input", () => setMap({ unit: units.value || null }));
  opacity.addEventListener("input", () => setMap({ opacity: Number(opacity.value) / 100 }));

  /** @param {{ map: MapView, assessment: Assessment | null }} view */
  return ({ map, assessment }) => {
    setText(scoreOption, scale.name);
    const isScoreOnly = Boolean(assessment?.heatmap && !assessment.heatmap.action_units);
    for (const option of options) {
      setText(option, t("map.unit", { unit: option.value, title: t(`unit.${option.value}`) }));
      option.disabled = isScoreOnly;
    }
    checkbox.checked = map.isOn;
    units.value = map.unit ?? SCORE;
    opacity.value = String(Math.round(100 * map.opacity));
    find(panel, ".map-choice").hidden = !map.isOn;
    find(panel, ".map-details").hidden = !map.isOn;
    if (map.isOn) drawDetails(panel, scale, map, assessment);
  };
}

/**
 * @param {HTMLElement} panel
 * @param {Scale} scale
 * @param {MapView} map
 * @param {Assessment | null} assessment
 */
function drawDetails(panel, scale, map, assessment) {
  const grid = gridOf(map, assessment);
  const full = grid ? fullColourValue(grid) : null;
  /** @type {(sign: string) => string} */
  const end = (sign) =>
    full === null
      ? ""
      : sign + number(full, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  setText(find(panel, ".ramp-low"), end("−"));
  setText(find(panel, ".ramp-high"), end("+"));
  const text =
    grid && assessment?.heatmap
      ? describe(assessment.face, assessment.heatmap.quad, map.unit ?? scale.name, grid)
      : t("map.pending");
  setText(find(panel, ".map-text"), text);
}

/**
 * Return what to draw over an assessed image, or null.
 *
 * @param {MapView} map
 * @param {Assessment | null} assessment
 */
export function mapOf(map, assessment) {
  const grid = map.isOn ? gridOf(map, assessment) : null;
  if (!grid || !assessment?.heatmap) return null;
  return { grid, quad: assessment.heatmap.quad, opacity: map.opacity };
}

/**
 * @param {MapView} map
 * @param {Assessment | null} assessment
 * @returns {Grid | null}
 */
function gridOf({ unit }, assessment) {
  /** @type {Heatmap | undefined} */
  const heatmap = assessment?.heatmap;
  if (!heatmap) return null;
  return unit === null ? heatmap.score : (heatmap.action_units?.[unit] ?? null);
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
  const isRaised = raised.value >= full / 2;
  const isLowered = lowered.value >= full / 2;
  const values = {
    name,
    raised: isRaised ? t(`place.${nearest(places, raised)}`) : "",
    lowered: isLowered ? t(`place.${nearest(places, lowered)}`) : "",
  };
  if (isRaised && isLowered) return t("map.raised-and-lowered", values);
  if (isRaised) return t("map.raised", values);
  return isLowered ? t("map.lowered", values) : t("map.nowhere", values);
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
    ["forehead", between(eyes, mouth, -0.6)],
    ["brows", between(eyes, mouth, -0.15)],
    ["right-eye", rightEye],
    ["left-eye", leftEye],
    ["nose", nose],
    ["right-cheek", between(rightEar, mouth, 0.5)],
    ["left-cheek", between(leftEar, mouth, 0.5)],
    ["mouth", mouth],
    ["chin", between(eyes, mouth, 1.5)],
    ["right-ear", rightEar],
    ["left-ear", leftEar],
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
