// The dialog that asks for the server's access token.

import { byId } from "../dom.js";
import { hasToken, setToken, tokenFromAddress } from "../engine/access_token.js";

/** @type {Promise<void> | null} */
let openQuestion = null; // shared by all requests that wait for the token

/** Ask the user for the token; resolves when it is entered. */
export function askForToken() {
  openQuestion ??= showDialog().finally(() => {
    openQuestion = null;
  });
  return openQuestion;
}

/** @returns {Promise<void>} */
function showDialog() {
  const dialog = byId("token-dialog", HTMLDialogElement);
  const field = byId("token", HTMLInputElement);
  const listeners = new AbortController();
  const { signal } = listeners;
  byId("token-wrong").hidden = !hasToken();
  field.value = "";
  dialog.showModal();
  return new Promise((resolve) => {
    /** @param {string | null} entered */
    const accept = (entered) => {
      if (!setToken(entered)) return;
      field.value = "";
      listeners.abort();
      dialog.close();
      resolve();
    };
    dialog.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        accept(field.value.trim());
      },
      { signal },
    );
    // Opening the address with the token in this tab does not load the page again.
    window.addEventListener("hashchange", () => accept(tokenFromAddress()), { signal });
    // The page can do nothing without a token, so Escape does not close the dialog.
    dialog.addEventListener("cancel", (event) => event.preventDefault(), { signal });
  });
}
