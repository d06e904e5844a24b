// The access token of the server, if it needs one. It is kept in this page's memory only.

import { byId } from "../dom.js";

// The address that `wince serve` prints ends in #token=...; browsers do not send that part.
const TOKEN = /^[A-Za-z0-9._~-]+$/;
let token = takeFromAddress();
/** @type {Promise<void> | null} */
let openQuestion = null; // shared by all requests that wait for the token

function takeFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  // Remove it from the address bar and the history, which others may see.
  if (given !== null) history.replaceState(null, "", location.pathname + location.search);
  return given && TOKEN.test(given) ? given : null;
}

/**
 * Return the request headers with the token, or none.
 *
 * @returns {Record<string, string>}
 */
export function tokenHeaders() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Return the subprotocols of a socket with the token, because a socket cannot have headers. */
export function tokenSubprotocols() {
  return token ? ["wince", `wince.token.${token}`] : [];
}

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
  const { signal, abort } = listenerGroup();
  byId("token-wrong").hidden = !token;
  field.value = "";
  dialog.showModal();
  return new Promise((resolve) => {
    /** @param {string | null} entered */
    const accept = (entered) => {
      if (!entered || !TOKEN.test(entered)) return;
      token = entered;
      field.value = "";
      abort();
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
    window.addEventListener("hashchange", () => accept(takeFromAddress()), { signal });
    // The page can do nothing without a token, so Escape does not close the dialog.
    dialog.addEventListener("cancel", (event) => event.preventDefault(), { signal });
  });
}

function listenerGroup() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
