// Texts and a shape about the watched person that several parts show.

/** @import { Problem } from "../errors.js" */

import { problemText } from "../errors.js";
import { hasText, t } from "../texts.js";

/** A cross in a circle, in a box of 24 x 24: nobody is watched. */
export const CROSS =
  "M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22ZM7.8 6 12 10.2 16.2 6 18 7.8 13.8 12 18 16.2 16.2 18 12 13.8 7.8 18 6 16.2 10.2 12 6 7.800Z";

/**
 * Return the person's label, or words in its place. The label is isolated, so that its direction of
 * writing does not reorder the words around it.
 *
 * @param {string} label
 */
export function personLabel(label) {
  return label ? `\u2068${label}\u2069` : t("watch.unnamed");
}

/**
 * Return why nobody is watched, in a few words if there are some.
 *
 * @param {Problem} problem
 */
export function shortProblem(problem) {
  const key = `lost.${problem.code}`;
  return hasText(key) ? t(key) : problemText(problem);
}

/**
 * Return why one cannot tell.
 *
 * @param {string[]} reasons Codes.
 */
export function reasonWords(reasons) {
  const words = reasons.map((code) =>
    hasText(`quality.${code}`) ? t(`quality.${code}`) : code.replaceAll("-", " "),
  );
  return words.join(t("list.separator"));
}
