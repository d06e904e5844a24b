// Whether somebody is watched at the moment, for the status strip, the night screen and the tones.

/** @import { State } from "../state.js" */
/** @import { Problem } from "../errors.js" */

const STALE = 3000; // milliseconds without an assessed frame after which nothing is stated of now

/**
 * - idle: no session runs;
 * - waiting: no frame was assessed yet;
 * - face-seen, changing, cannot-tell: the face is in view;
 * - not-in-view: it is not;
 * - not-watching: the camera or the connection is lost, or no answers come;
 * - full: the session has ended by itself.
 *
 * @typedef {"idle" | "waiting" | "face-seen" | "cannot-tell" | "not-in-view" | "not-watching" |
 *   "full"} StatusKind
 */
/**
 * @typedef {object} WatchStatus
 * @property {StatusKind} kind
 * @property {number} since Milliseconds since 1970: since when nobody is seen or watched; otherwise of
 *   the last frame.
 * @property {string[]} reasons Why one cannot tell.
 * @property {Problem | null} problem Why nobody is watched.
 */

/**
 * Return the status of the live session.
 *
 * @param {State} state
 * @param {number} now Milliseconds since 1970.
 * @returns {WatchStatus}
 */
export function watchStatus({ live }, now) {
  const { session, step, trouble, answer } = live;
  const none = { reasons: [], problem: null };
  if (!session || step !== "watch") return { kind: "idle", since: now, ...none };
  const last = session.lastTime();
  if (trouble) return { kind: "not-watching", since: last, ...none, problem: trouble };
  if (session.isFull()) return { kind: "full", since: last, ...none };
  if (now - last > STALE) {
    return { kind: "not-watching", since: last, ...none, problem: answer?.problem ?? NO_ANSWERS };
  }
  const statement = session.statement();
  if (!statement) return { kind: "waiting", since: last, ...none };
  if (statement.kind === "not-in-view") {
    const age = statement.age === null ? last - session.start : 1000 * statement.age;
    return { kind: "not-in-view", since: last - age, ...none };
  }
  const reasons = Object.keys(statement.reasons);
  const kind = statement.kind === "cannot-tell" ? "cannot-tell" : "face-seen";
  return { kind, since: last, reasons, problem: null };
}

/** @type {Problem} */
export const NO_ANSWERS = { code: "no-answers", values: {}, detail: "" };
