// Calls of functions in the engine's worker, and their results. A call that fails raises the
// UserError of the worker.

/** @import { Problem } from "../../errors.js" */
/** @import { Assessment, Box, PersonInView, Size } from "../../types.js" */
/** @import { RgbaPixels } from "../engine.js" */
/** @import { TrackState } from "./runtime/track.js" */

import { UserError } from "../../errors.js";

/**
 * A message to the worker, and its answer.
 *
 * @typedef {{ id: number, name: string, values: unknown[] }} Call
 * @typedef {{ id: number, result?: unknown, problem?: Problem }} Answer
 *
 * A part of a frame, at full size, and what the worker answers to it.
 *
 * @typedef {object} FramePixels
 * @property {RgbaPixels} pixels
 * @property {Box} region
 * @property {Size} size Of the whole frame.
 * @property {number} seconds
 * @property {number} [longestSide] Pixels to which the part is reduced.
 *
 * @typedef {object} FrameAnswer
 * @property {Assessment | null} assessment Of the followed person.
 * @property {boolean} isAbsent Whether the followed person was looked for and not seen.
 * @property {TrackState | null} track
 * @property {number | null} person
 * @property {PersonInView[]} persons
 * @property {RgbaPixels} pixels Those of the frame, which the page has given away.
 *
 * Calls a function of the worker by its name.
 *
 * @typedef {(name: string, values?: unknown[], transfer?: Transferable[]) => Promise<any>} CallWorker
 */

/** A result with memory that is moved to the page and not copied. */
export class Moved {
  /**
   * @param {unknown} result
   * @param {Transferable[]} transfer
   */
  constructor(result, transfer) {
    this.result = result;
    this.transfer = transfer;
  }
}

/**
 * Return the function that calls those of a worker.
 *
 * @param {Worker} worker
 * @param {Promise<unknown>} stopped Resolved when the worker answers no call any more.
 * @returns {CallWorker}
 */
export function createCalls(worker, stopped) {
  /** @type {Map<number, { resolve: (result: unknown) => void, reject: (error: Error) => void }>} */
  const pending = new Map(); // by the number of the call
  let calls = 0;
  let hasFailed = false;

  worker.addEventListener("message", ({ data }) => {
    const { id, result, problem } = /** @type {Answer} */ (data);
    const call = pending.get(id);
    pending.delete(id);
    if (problem) call?.reject(new UserError(problem.code, problem.values, problem.detail));
    else call?.resolve(result);
  });
  stopped.then(() => {
    hasFailed = true;
    for (const { reject } of pending.values()) reject(new UserError("device-failed"));
    pending.clear();
  });

  return (name, values = [], transfer = []) =>
    new Promise((resolve, reject) => {
      if (hasFailed) return reject(new UserError("device-failed"));
      calls += 1;
      pending.set(calls, { resolve, reject });
      worker.postMessage({ id: calls, name, values }, transfer);
    });
}

/**
 * Answer the calls in a worker, one after the other: there is one network at work at a time.
 *
 * @param {Record<string, (...values: any[]) => unknown>} functions By name.
 */
export function answerCalls(functions) {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  self.addEventListener("message", ({ data }) => {
    const { id, name, values } = /** @type {Call} */ (data);
    last = last.then(async () => {
      try {
        const answer = await functions[name](...values);
        const { result, transfer } = answer instanceof Moved ? answer : new Moved(answer, []);
        self.postMessage({ id, result }, { transfer });
      } catch (error) {
        if (!(error instanceof UserError)) console.error(error);
        const failure = error instanceof UserError ? error : new UserError("device-failed");
        self.postMessage({ id, problem: failure.problem });
      }
    });
  });
}
