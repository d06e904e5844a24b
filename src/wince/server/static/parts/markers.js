// Markers of the live session: a button, a small form, and the list.

/** @import { State } from "../state.js" */
/** @import { Session } from "../session/session.js" */

import { create, find, setText } from "../dom.js";
import { language, number, t } from "../texts.js";
import { sessionTime } from "./trend_text.js";

/**
 * @typedef {object} MarkerElements
 * @property {HTMLElement} button Opens the form.
 * @property {HTMLDialogElement} dialog
 * @property {HTMLElement} list
 */

/**
 * @param {MarkerElements} elements
 * @param {object} actions
 * @param {(text: string, time: number) => boolean} actions.mark Returns whether there was room.
 * @param {() => number} [clock]
 */
export function createMarkers({ button, dialog, list }, { mark }, clock = Date.now) {
  const form = find(dialog, "form", HTMLFormElement);
  const field = find(form, "input", HTMLInputElement);
  const message = find(list, ".markers-message");
  let last = ""; // message
  let pressedAt = 0; // the marker's time is that of the press, not of the end of typing

  button.addEventListener("click", () => {
    pressedAt = clock();
    field.value = "";
    dialog.showModal();
  });
  find(dialog, ".mark-cancel").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim() || t("markers.unnamed");
    const hasRoom = mark(text, pressedAt);
    last = hasRoom ? t("markers.set", { text }) : t("markers.full");
    setText(message, last);
    dialog.close();
  });

  let drawn = "";
  /** @param {State} state */
  return ({ live: { session } }) => {
    const state = `${session?.start} ${session?.markers.length} ${language().code}`;
    if (state === drawn) return;
    drawn = state;
    setText(message, session?.markers.length ? last : t("markers.none"));
    find(list, "ol").replaceChildren(...(session ? markerRows(session) : []));
  };
}

/**
 * Return a list entry for each marker.
 *
 * @param {Session} session
 */
export function markerRows(session) {
  return session.markers.map(({ time, text }, index) => {
    const row = create("li");
    row.append(
      create("span", "marker-number", number(index + 1)),
      create("time", "", sessionTime(session, time)),
      create("bdi", "", text),
    );
    return row;
  });
}
