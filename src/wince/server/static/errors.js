// Errors with a message for the user.

/**
 * What went wrong, as a code with values, which the page words in its language; `detail` is an
 * English sentence for codes that it has no text for.
 *
 * @typedef {{ code: string, values: Record<string, string | number>, detail: string }} Problem
 */

import { hasText, t } from "./texts.js";

/** An error that the user can understand and do something about. */
export class UserError extends Error {
  /**
   * @param {string} code
   * @param {Record<string, string | number>} [values]
   * @param {string} [detail]
   */
  constructor(code, values = {}, detail = "") {
    super(detail || code);
    /** @type {Problem} */
    this.problem = { code, values, detail };
  }
}

/**
 * Return what to tell the user about a problem.
 *
 * @param {Problem} problem
 */
export function problemText({ code, values, detail }) {
  const key = `problem.${code}`;
  if (!hasText(key)) return detail || t("problem.unknown", { code });
  try {
    return t(key, values);
  } catch {
    return detail || t("problem.unknown", { code }); // a value is missing
  }
}

/**
 * Return the problem of an error.
 *
 * @param {unknown} error
 * @returns {Problem}
 */
export function problemOf(error) {
  if (error instanceof UserError) return error.problem;
  return { code: "page-failed", values: {}, detail: String(error) };
}

/**
 * Whether an error means that an operation was cancelled, or another DOMException of that name.
 *
 * @param {unknown} error
 * @param {string} [name]
 */
export function isDomError(error, name = "AbortError") {
  return error instanceof Error && error.name === name;
}
