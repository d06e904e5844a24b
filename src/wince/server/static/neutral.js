// The person's neutral face: set from the photo in view, from photos of the person at rest, or from
// live frames. It is stored in the memory of this page only.

import { Problem, getNeutralFace } from "./api.js";

const MOST_PHOTOS = 20; // the server's limit
const SECONDS = 2; // duration of the live frames that are collected
const ENOUGH = 5; // live frames that can be judged
const PATIENCE = 10; // seconds after which collecting is given up
const WHAT =
  "Scores are then also shown as points above this person’s own face at rest. It stays in the " +
  "memory of this page only; clear it when another person comes.";

/** Return the neutral face of the page, shared by both tabs. */
export function createNeutralFace() {
  let neutral = null;
  const handlers = [];

  return {
    /** The neutral face, or null. */
    get: () => neutral,
    set(face) {
      neutral = face;
      for (const handle of handlers) handle(neutral);
    },
    /** Call `handle` after each change. */
    onChange: (handle) => handlers.push(handle),
  };
}

/**
 * Return the neutral face of assessments: the median of each action unit, and their score by the
 * terms of the scale; for a model without action units the median score.
 */
export function medianOf(assessments, terms) {
  const { model, action_units: first } = assessments[0];
  const medianBy = (read) => median(assessments.map(read));
  const names = first && Object.keys(first);
  const units =
    names &&
    Object.fromEntries(
      names.map((name) => [name, medianBy((assessment) => assessment.action_units[name])]),
    );
  const raw = units
    ? terms.reduce((sum, names) => sum + Math.max(...names.map((name) => units[name])), 0)
    : medianBy((assessment) => assessment.raw_score);
  return { action_units: units, raw_score: raw, images: assessments.length, model };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Add the controls of the neutral face to `root`. neutral: from createNeutralFace; facts: from
 * /v1/scale; current(): the assessment in view, or null, for a still photo; live: collect frames
 * that are passed to see() instead.
 */
export function createNeutralControls(root, neutral, facts, { current = () => null, live = false }) {
  const template = document.getElementById("neutral-template");
  const panel = template.content.cloneNode(true).firstElementChild;
  root.append(panel);
  const [state, set, choose, clear, files, text] = [
    "state", "set", "choose", "clear", "files", "text",
  ].map((name) => panel.querySelector(`.neutral-${name}`));
  set.textContent = live ? "Set neutral face" : "This is the face at rest";
  choose.hidden = live;
  text.textContent = live
    ? `“Set neutral face” takes the next ${SECONDS} seconds of the person at rest. ${WHAT}`
    : `Take this photo, or others of the same person at rest. ${WHAT}`;
  let collected = null; // live frames, while they are being collected

  function show(face) {
    clear.hidden = !face;
    panel.classList.toggle("on", Boolean(face));
    const count = face?.images;
    say(
      face
        ? `Neutral face set from ${count} ${count === 1 ? "image" : "images"}; ` +
            `its score is ${face.raw_score.toFixed(1)}. Results show the points above it.`
        : "No neutral face is set.",
    );
  }

  function say(sentence) {
    if (state.textContent !== sentence) state.textContent = sentence;
  }

  function setFrom(assessments) {
    neutral.set(medianOf(assessments, facts.terms));
  }

  function setFromView() {
    const assessment = current();
    if (assessment?.level) setFrom([assessment]);
    else say("This photo cannot be judged, so it cannot be the neutral face. Take another one.");
  }

  async function setFromFiles() {
    const chosen = [...files.files].slice(0, MOST_PHOTOS);
    files.value = ""; // so that the same photos can be chosen again
    if (!chosen.length) return;
    say("Reading the photos of the face at rest …");
    try {
      neutral.set(await getNeutralFace(chosen));
    } catch (error) {
      say(error instanceof Problem ? error.message : "The page failed; please load it again.");
      if (!(error instanceof Problem)) throw error;
    }
  }

  function collect(assessment) {
    const now = performance.now() / 1000;
    if (assessment?.level) collected.push({ assessment, at: now });
    const since = now - (collected[0]?.at ?? now);
    if (since >= SECONDS && collected.length >= ENOUGH) {
      const assessments = collected.map((frame) => frame.assessment);
      stop();
      setFrom(assessments);
    } else if (now - collected.begun > PATIENCE) {
      stop();
      say("The face could not be read long enough. Face the camera in good light and try again.");
    }
  }

  function stop() {
    collected = null;
    set.disabled = false;
  }

  set.addEventListener("click", () => {
    if (!live) {
      setFromView();
      return;
    }
    collected = Object.assign([], { begun: performance.now() / 1000 });
    set.disabled = true;
    say("Collecting the neutral face: the person at rest, facing the camera …");
  });
  choose.addEventListener("click", () => files.click());
  files.addEventListener("change", setFromFiles);
  clear.addEventListener("click", () => {
    neutral.set(null);
    set.focus();
  });
  neutral.onChange(show);
  show(neutral.get());

  return {
    /** Pass the assessment of a live frame, or null. */
    see(assessment) {
      if (collected) collect(assessment);
    },
    /** Cancel collecting, for example when the live view stops. */
    stop() {
      if (!collected) return;
      stop();
      show(neutral.get());
    },
  };
}
