// The observer's own judgement of the person, beside what wince states.

/** @import { Judgement, Opinion, Session } from "../session/session.js" */

import { create, find, fromTemplate, setText } from "../dom.js";
import { statedTitle } from "../levels.js";
import { applyTexts, language, t } from "../texts.js";
import { sessionTime } from "./trend_text.js";

let count = 0; // of forms, for the names of their radio buttons

/**
 * @param {HTMLElement} root
 * @param {(opinion: Opinion, observer: string) => void} onJudged
 * @returns {(session: Session | null) => void}
 */
export function createJudgement(root, onJudged) {
  count += 1;
  const name = `opinion-${count}`;
  const box = fromTemplate("judgement-template");
  root.append(box);
  const form = find(box, "form", HTMLFormElement);
  for (const input of form.querySelectorAll("input[type=radio]")) {
    input.setAttribute("name", name);
  }
  applyTexts(root);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = new FormData(form);
    const observer = String(fields.get("observer")).trim();
    onJudged(/** @type {Opinion} */ (fields.get(name)), observer);
    form.reset();
  });

  let drawn = "";
  return (session) => {
    const state = `${session?.start} ${session?.judgements.length} ${language().code}`;
    if (state === drawn) return;
    drawn = state;
    const judgements = session?.judgements ?? [];
    const rows = judgements.map((judgement) =>
      create("li", "", judgementText(/** @type {Session} */ (session), judgement)),
    );
    find(box, "ul").replaceChildren(...rows);
    setText(find(box, ".judgement-none"), judgements.length ? "" : t("judgement.none"));
  };
}

/**
 * @param {Session} session
 * @param {Judgement} judgement
 */
function judgementText(session, { time, opinion, observer, level, between }) {
  const text = t(`judgement.said-${opinion}`, {
    time: sessionTime(session, time),
    observer: observer || t("judgement.unnamed"),
  });
  if (level === null) return text;
  return `${text} ${t("judgement.stated", { state: statedTitle({ level, between }) })}`;
}
