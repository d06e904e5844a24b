// Asks before a session that is not saved is lost.

/** @import { Session } from "../session/session.js" */

import { byId } from "../dom.js";

/**
 * Whether a session has something that is not saved.
 *
 * @param {Session | null} session
 */
export function isUnsaved(session) {
  return session !== null && session.points.length() > 0 && !session.isSaved();
}

/**
 * Return whether a session may be lost: it is saved or empty, or the user agrees.
 *
 * @param {Session | null} session
 * @returns {Promise<boolean>}
 */
export async function mayDiscard(session) {
  if (!isUnsaved(session)) return true;
  const dialog = byId("discard-dialog", HTMLDialogElement);
  if (dialog.open) return false; // it is being asked already
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue === "discard";
}
