// Which parts of the live tab are in view at each step, and where the focus goes.

/** @import { Draw, Live, State } from "../state.js" */

import { byId } from "../dom.js";

/** @typedef {Live["step"]} Step */

/** The steps at which an element is in view. @type {Record<string, Step[]>} */
const STEPS = {
  "live-choose": ["choose"],
  "live-work": ["aim", "check", "checked", "watch"],
  "status-strip": ["watch"],
  aim: ["aim"],
  "check-progress": ["check"],
  "live-controls": ["aim", "check", "checked", "watch"],
  leave: ["aim", "check", "checked"], // a session is left by "Finish", and its summary
  "check-again-controls": ["checked"],
  "watch-controls": ["watch"],
  "whole-image": ["watch"],
  "live-result": ["checked", "watch"],
  trend: ["watch"],
  markers: ["watch"],
  summary: ["summary"],
};

/** @returns {Draw} */
export function createLiveSteps() {
  /** @type {Step | null} */
  let drawn = null;
  return (state) => {
    const { step, check } = state.live;
    byId("check-bar", HTMLProgressElement).value = check?.share ?? 0;
    if (step === drawn) return;
    for (const [id, steps] of Object.entries(STEPS)) byId(id).hidden = !steps.includes(step);
    byId("live-work").dataset.step = step;
    if (drawn !== null) focusOn(state, drawn);
    drawn = step;
  };
}

/**
 * Put the focus where the user goes on, since the button that was pressed may be gone.
 *
 * @param {State} state
 * @param {Step} last
 */
function focusOn({ live: { step, mode } }, last) {
  const ids = {
    choose: mode === "check" ? "check-now" : "watch-over-time",
    aim: "aim-title",
    check: "check-title",
    checked: "check-again",
    watch: "mark",
    summary: "summary",
  };
  if (last === step) return;
  byId(ids[step]).focus({ preventScroll: true });
  const parts = ["live-choose", "live-work", "summary"];
  const part = byId(/** @type {string} */ (parts.find((id) => STEPS[id].includes(step))));
  queueMicrotask(() => showFromTop(part)); // when all parts are drawn
}

/**
 * Scroll to an element, unless it begins in the upper part of the window.
 *
 * @param {HTMLElement} element
 */
function showFromTop(element) {
  const { top } = element.getBoundingClientRect();
  if (top < 0 || top > window.innerHeight / 5) element.scrollIntoView();
}
