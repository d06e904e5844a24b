// The prompt to look at the person. It covers nothing that is pressed often, moves nothing, and leaves
// the focus where it is.

/** @import { State } from "../state.js" */

import { find, fromTemplate, setText } from "../dom.js";
import { levelWord } from "../levels.js";
import { applyTexts, t } from "../texts.js";
import { formatDuration } from "../times.js";
import { personLabel } from "./watch_texts.js";

/**
 * @param {HTMLElement} root
 * @param {object} options
 * @param {(observer: string) => void} options.onLooked Called with the initials of who has looked.
 * @param {() => HTMLElement} options.focusAfter Returns where the focus goes then.
 * @param {boolean} [options.isSilent] Whether it is not announced.
 */
export function createPrompt(root, { onLooked, focusAfter, isSilent = false }) {
  const box = fromTemplate("prompt-template");
  root.append(box);
  applyTexts(root);
  const form = find(box, "form", HTMLFormElement);
  const initials = find(form, "input", HTMLInputElement);
  const alert = find(box, ".prompt-alert");
  const body = find(box, ".prompt-box");
  alert.hidden = isSilent;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const observer = initials.value.trim();
    initials.value = "";
    focusAfter().focus({ preventScroll: true });
    onLooked(observer);
  });

  /**
   * @param {State} state
   * @param {number} [now]
   */
  return ({ live: { prompt, session } }, now = Date.now()) => {
    body.hidden = !prompt;
    if (!prompt) {
      setText(alert, "");
      return;
    }
    const label = personLabel(session?.label ?? "");
    const title = t("prompt.title", { label });
    const cause = t("prompt.cause", { level: levelWord(prompt.level) });
    setText(find(box, ".prompt-title"), title);
    setText(find(box, ".prompt-cause"), cause);
    const duration = formatDuration((now - prompt.start) / 1000);
    setText(find(box, ".prompt-since"), t("prompt.since", { duration }));
    setText(alert, `${title} ${cause}`);
  };
}
