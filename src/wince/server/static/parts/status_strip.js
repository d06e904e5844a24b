// The status strip: whether somebody is watched at the moment. It is always in view, and its height is
// fixed.

/** @import { State } from "../state.js" */
/** @import { StatusKind, WatchStatus } from "../session/watch_status.js" */

import { find, setText } from "../dom.js";
import { watchStatus } from "../session/watch_status.js";
import { t } from "../texts.js";
import { formatDuration, formatLongDuration, timeOfDay } from "../times.js";
import { CROSS, personLabel, reasonWords, shortProblem } from "./watch_texts.js";

/** Shapes by kind, in a box of 24 x 24. */
const EYE =
  "M12 5C6.5 5 2.6 9.2 1 12c1.6 2.8 5.5 7 11 7s9.4-4.2 11-7c-1.6-2.8-5.5-7-11-7Zm0 2.500a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9Zm0 2.300a2.2 2.2 0 1 0 0 4.400a2.2 2.2 0 1 0 0-4.400Z";
const WARNING = "M12 2 23.5 22H.5Zm-1.2 7v6h2.4V9Zm0 7.6V19h2.4v-2.4Z";
/** @type {Record<StatusKind, string>} */
const SHAPES = {
  idle: EYE,
  waiting: EYE,
  "face-seen": EYE,
  "cannot-tell": WARNING,
  "not-in-view": WARNING,
  "not-watching": CROSS,
  full: WARNING,
};

/**
 * @param {HTMLElement} root
 * @param {() => number} [clock]
 */
export function createStatusStrip(root, clock = Date.now) {
  const [text, spoken] = [find(root, ".strip-text"), find(root, ".strip-spoken")];
  const path = find(root, "path", SVGPathElement);
  let announced = "";

  /** @param {State} state */
  return (state) => {
    const now = clock();
    const status = watchStatus(state, now);
    if (root.dataset.kind !== status.kind) {
      root.dataset.kind = status.kind;
      path.setAttribute("d", SHAPES[status.kind]);
    }
    setText(text, stripText(`strip.${status.kind}`, state, status, now));
    // Only another kind is announced, not each second; and nothing while the night screen is open.
    if (state.live.isNight || announced === status.kind) return;
    announced = status.kind;
    setText(spoken, stripText(`strip-spoken.${status.kind}`, state, status, now));
  };
}

/**
 * Return the text of the strip.
 *
 * @param {string} key Of the text.
 * @param {State} state
 * @param {WatchStatus} status
 * @param {number} now
 */
function stripText(key, { live: { session } }, { kind, since, reasons, problem }, now) {
  if (!session || kind === "idle") return "";
  const seconds = (now - (kind === "not-in-view" ? since : session.start)) / 1000;
  return t(key, {
    label: personLabel(session.label),
    duration: kind === "not-in-view" ? formatDuration(seconds) : formatLongDuration(seconds),
    time: timeOfDay(since),
    reasons: reasonWords(reasons),
    reason: problem ? shortProblem(problem) : "",
  });
}
