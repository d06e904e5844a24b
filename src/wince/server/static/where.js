// "Show where": whether the map is shown, for which value, how strong, and what it says in words.

import { fullColour, strongest } from "./heatmap.js";

const SCORE = "PSPI";

/**
 * Put the controls into `root`. facts: from /v1/scale; onChange() after each change of a control;
 * spoken: whether screen readers are told at once when the words change.
 */
export function createWhere(root, facts, { onChange, spoken = false }) {
  const panel = document.getElementById("where-template").content.cloneNode(true).firstElementChild;
  root.append(panel);
  const find = (selector) => panel.querySelector(selector);
  const [on, names, opacity] = [".where-on", ".where-name", ".where-opacity"].map(find);
  names.append(
    new Option(SCORE, SCORE),
    ...facts.action_units.map(({ name, title }) => new Option(`${name}, ${lower(title)}`, name)),
  );
  if (spoken) find(".where-text").setAttribute("aria-live", "polite");
  let shown = null; // the assessment

  function fill() {
    find(".where-more").hidden = !on.checked;
    find(".where-choice").hidden = !on.checked;
    const grid = on.checked && gridOf(shown, names.value);
    for (const part of [".where-look", ".where-text", ".where-note"]) find(part).hidden = !grid;
    find(".where-none").hidden = Boolean(grid);
    if (!grid) return;
    const full = fullColour(grid).toFixed(2);
    find(".ramp-low").textContent = `−${full}`;
    find(".ramp-high").textContent = `+${full}`;
    put(find(".where-text"), inWords(shown, names.value, grid));
    put(find(".where-note"), shown.heatmap.note);
  }

  function changed() {
    fill();
    onChange();
  }

  for (const control of [on, names, opacity]) control.addEventListener("input", changed);
  fill();

  return {
    /** Whether the map is wanted. */
    wanted: () => on.checked,
    /** What to draw of an assessment, {grid, quad, opacity}, or null. */
    of(assessment) {
      const grid = on.checked && gridOf(assessment, names.value);
      return grid ? { grid, quad: assessment.heatmap.quad, opacity: opacity.value / 100 } : null;
    },
    /** The action unit whose map is shown, or null. */
    unit: () => (on.checked && names.value !== SCORE ? names.value : null),
    /** Show the map of an action unit, or none when it is shown already. */
    toggle(name) {
      on.checked = !(on.checked && names.value === name);
      names.value = name;
      changed();
    },
    /** Take the assessment that is in view, or null. */
    update(assessment) {
      shown = assessment;
      const alone = assessment?.heatmap && !assessment.heatmap.action_units;
      for (const option of names.options) option.disabled = Boolean(alone) && option.value !== SCORE;
      fill();
    },
  };
}

function gridOf(assessment, name) {
  const { heatmap } = assessment ?? {};
  if (!heatmap) return null;
  return name === SCORE ? heatmap.pspi : (heatmap.action_units?.[name] ?? null);
}

function inWords({ heatmap, face }, name, grid) {
  const full = fullColour(grid);
  const [up, down] = [strongest(grid), strongest(grid, -1)];
  const places = placesOf(face, heatmap.quad);
  const parts = [];
  if (up.value >= full / 2) parts.push(`raised most ${nearest(places, up)}`);
  if (down.value >= full / 2) parts.push(`lowered most ${nearest(places, down)}`);
  if (!parts.length) return `${name}: no part of the face moves it by much.`;
  return `${name}: ${parts.join(", ")}.`;
}

/** Return names of places and where they are in the square that the map covers, 0 to 1. */
function placesOf({ keypoints: found }, [origin, right, , bottom]) {
  const across = minus(right, origin);
  const down = minus(bottom, origin);
  const area = across[0] * down[1] - across[1] * down[0];
  const inSquare = (point) => {
    const [x, y] = minus(point, origin);
    return [(x * down[1] - y * down[0]) / area, (y * across[0] - x * across[1]) / area];
  };
  const [rightEye, leftEye, nose, mouth, rightEar, leftEar] = [
    "right_eye", "left_eye", "nose", "mouth", "right_ear", "left_ear",
  ].map((name) => inSquare(found[name]));
  const eyes = mix(rightEye, leftEye, 0.5);
  return [
    ["at the forehead", mix(eyes, mouth, -0.6)],
    ["between the brows", mix(eyes, mouth, -0.15)],
    ["around the person’s right eye", rightEye],
    ["around the person’s left eye", leftEye],
    ["at the nose", nose],
    ["at the person’s right cheek", mix(rightEar, mouth, 0.5)],
    ["at the person’s left cheek", mix(leftEar, mouth, 0.5)],
    ["around the mouth", mouth],
    ["at the chin", mix(eyes, mouth, 1.5)],
    ["at the person’s right ear", rightEar],
    ["at the person’s left ear", leftEar],
  ];
}

function nearest(places, { x, y }) {
  const far = ([, [placeX, placeY]]) => Math.hypot(placeX - x, placeY - y);
  return places.reduce((best, place) => (far(place) < far(best) ? place : best))[0];
}

function mix([x0, y0], [x1, y1], share) {
  return [x0 + (x1 - x0) * share, y0 + (y1 - y0) * share];
}

function minus([x0, y0], [x1, y1]) {
  return [x0 - x1, y0 - y1];
}

function lower(title) {
  return title[0].toLowerCase() + title.slice(1);
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
