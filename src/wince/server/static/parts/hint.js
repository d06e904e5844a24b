// A message about the voice, such as why nothing is spoken.

/** @import { State } from "../state.js" */

import { setText } from "../dom.js";
import { problemText } from "../errors.js";
import { hasText, t } from "../texts.js";

/** @param {HTMLElement} element */
export function createHint(element) {
  /** @param {State} state */
  return ({ hint }) => {
    element.hidden = !hint;
    element.classList.toggle("info", Boolean(hint && !hint.isWarning));
    if (!hint) setText(element, "");
    else setText(element, hasText(hint.code) ? t(hint.code, hint.values) : problemText(hint));
  };
}
