// The person's own calm face: set from the photo in view, from calm photos or from live frames; kept
// in the memory of this page alone, and gone with it.

import { Problem, getBaseline } from "./api.js";

const MOST_PHOTOS = 20; // as many as the server takes
const SECONDS = 2; // of live frames
const ENOUGH = 5; // of them that can be judged
const PATIENCE = 10; // seconds until a live view without such frames is given up on
const WHAT =
  "Scores are then also shown as points above this person’s own face at rest. It stays in the " +
  "memory of this page only; clear it when another person comes.";

/** Return the calm face of the page: one for both tabs. */
export function createCalmFace() {
  let baseline = null;
  const handlers = [];

  return {
    /** The calm face, or null. */
    get: () => baseline,
    set(found) {
      baseline = found;
      for (const handle of handlers) handle(baseline);
    },
    /** Call `handle` after each change. */
    onChange: (handle) => handlers.push(handle),
  };
}

/**
 * Return the calm face that assessments make: the median of each action unit, and their score by
 * the terms of the scale; of a model without action units the median score.
 */
export function medianOf(assessments, terms) {
  const { model, action_units: first } = assessments[0];
  const of = (read) => median(assessments.map(read));
  const names = first && Object.keys(first);
  const units =
    names && Object.fromEntries(names.map((name) => [name, of((one) => one.action_units[name])]));
  const raw = units
    ? terms.reduce((sum, names) => sum + Math.max(...names.map((name) => units[name])), 0)
    : of((one) => one.raw_score);
  return { action_units: units, raw_score: raw, pictures: assessments.length, model };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Put the controls into `root`. calm: from createCalmFace; facts: from /v1/scale; current(): the
 * assessment in view, or null, for a still picture; live: collect frames instead, those given to
 * see().
 */
export function createCalmControls(root, calm, facts, { current = () => null, live = false }) {
  const panel = document.getElementById("calm-template").content.cloneNode(true).firstElementChild;
  root.append(panel);
  const [state, set, choose, clear, files, text] = [
    "state", "set", "choose", "clear", "files", "text",
  ].map((name) => panel.querySelector(`.calm-${name}`));
  set.textContent = live ? "Set neutral" : "This is the calm face";
  choose.hidden = live;
  text.textContent = live
    ? `“Set neutral” takes the next ${SECONDS} seconds of the person at rest. ${WHAT}`
    : `Take this photo, or others of the same person at rest. ${WHAT}`;
  let collected = null; // live frames, while they are being collected

  function show(baseline) {
    clear.hidden = !baseline;
    panel.classList.toggle("on", Boolean(baseline));
    const count = baseline?.pictures;
    say(
      baseline
        ? `Calm face set from ${count} ${count === 1 ? "picture" : "pictures"}; ` +
            `it reads ${baseline.raw_score.toFixed(1)}. Results show the points above it.`
        : "No calm face is set.",
    );
  }

  function say(sentence) {
    if (state.textContent !== sentence) state.textContent = sentence;
  }

  function take(assessments) {
    calm.set(medianOf(assessments, facts.terms));
  }

  function setFromView() {
    const found = current();
    if (found?.level) take([found]);
    else say("This picture cannot be judged, so it cannot be the calm face. Take another one.");
  }

  async function setFromFiles() {
    const chosen = [...files.files].slice(0, MOST_PHOTOS);
    files.value = ""; // so that the same photos can be chosen again
    if (!chosen.length) return;
    say("Looking at the calm photos …");
    try {
      calm.set(await getBaseline(chosen));
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
      const found = collected.map((one) => one.assessment);
      stop();
      take(found);
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
    say("Collecting the calm face: the person at rest, facing the camera …");
  });
  choose.addEventListener("click", () => files.click());
  files.addEventListener("change", setFromFiles);
  clear.addEventListener("click", () => {
    calm.set(null);
    set.focus();
  });
  calm.onChange(show);
  show(calm.get());

  return {
    /** Take a live frame's assessment, or null; the view's own answers only. */
    see(assessment) {
      if (collected) collect(assessment);
    },
    /** Call off what is being collected, as when the view stops. */
    stop() {
      if (!collected) return;
      stop();
      show(calm.get());
    },
  };
}
