// The summary of a session: one page to read, print and save. Nothing else keeps it.

/** @import { Opinion, Session } from "../session/session.js" */

import { create, find, fromTemplate, setText } from "../dom.js";
import { csvFile, fileName, jsonFile } from "../session/export.js";
import { applyTexts, language, t } from "../texts.js";
import { mayDiscard } from "./discard_dialog.js";
import { createJudgement } from "./judgement.js";
import { markerRows } from "./markers.js";
import { createSummaryTable } from "./summary_table.js";
import { countTexts, factTexts, promptText } from "./summary_texts.js";
import { createTrend } from "./trend.js";

/** @typedef {(session: Session | null) => void} DrawSummary */

/**
 * @param {HTMLElement} root
 * @param {object} actions
 * @param {(opinion: Opinion, observer: string) => void} actions.judge
 * @param {() => void} actions.leave Begins a new session; this one is gone.
 * @param {() => void} actions.changed Called when it has been saved.
 * @returns {DrawSummary} Draws an ended session; null hides the summary.
 */
export function createSummary(root, { judge, leave, changed }) {
  const page = fromTemplate("summary-template");
  root.append(page);
  applyTexts(root);
  const drawTrend = createTrend(find(page, ".summary-trend"));
  const drawJudgements = createJudgement(find(page, ".summary-judgement"), judge);
  const drawTable = createSummaryTable(find(page, ".summary-times tbody"));
  /** @type {Session | null} */
  let shown = null;
  let drawn = "";

  /**
   * @param {(session: Session) => Blob | Promise<Blob>} make
   * @param {string} suffix
   */
  async function save(make, suffix) {
    const session = shown;
    if (!session) return;
    setBusy(true);
    try {
      saveFile(await make(session), fileName(session, suffix));
      session.setSaved();
    } finally {
      setBusy(false);
    }
    changed();
  }

  /** @param {boolean} isBusy */
  function setBusy(isBusy) {
    for (const name of [".save-csv", ".save-json"]) {
      find(page, name, HTMLButtonElement).disabled = isBusy;
    }
  }

  find(page, ".print").addEventListener("click", () => window.print());
  find(page, ".save-csv").addEventListener("click", () => save(csvFile, "csv"));
  find(page, ".save-json").addEventListener("click", () => save(jsonFile, "json"));
  find(page, ".summary-leave").addEventListener("click", async () => {
    if (await mayDiscard(shown)) leave();
  });

  /** @param {Session} session */
  function fill(session) {
    const facts = factTexts(session).flatMap(([name, value]) => [
      create("dt", "", name),
      create("dd", "", value),
    ]);
    find(page, ".summary-facts").replaceChildren(...facts);
    drawTable(session);
    fillList(".summary-counts", countTexts(session).map(row));
    fillList(".summary-markers", markerRows(session));
    fillList(
      ".summary-prompts",
      session.prompts.map((_, index) => row(promptText(session, index))),
    );
  }

  /**
   * @param {string} selector
   * @param {HTMLElement[]} rows
   */
  function fillList(selector, rows) {
    const list = find(page, `${selector} :is(ul, ol)`);
    list.replaceChildren(...rows);
    find(page, selector).hidden = rows.length === 0;
  }

  return (session) => {
    shown = session;
    page.hidden = !session;
    if (!session) return;
    const isSaved = session.isSaved();
    setText(find(page, ".summary-saved"), t(isSaved ? "summary.saved" : "summary.not-saved"));
    drawTrend(session);
    const state = `${session.start} ${session.revision()} ${language().code}`;
    if (state === drawn) return;
    drawn = state;
    fill(session);
    drawJudgements(session);
  };
}

/** @param {string} text */
function row(text) {
  return create("li", "", text);
}

/**
 * Let the browser save a file.
 *
 * @param {Blob} blob
 * @param {string} name
 */
function saveFile(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
