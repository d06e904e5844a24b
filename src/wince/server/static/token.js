// The server's token, where it wants one: kept in this page's memory and nowhere else.

// The address that `wince serve` prints ends in #token=...; browsers send that part to nobody.
const TOKEN = /^[A-Za-z0-9._~-]+$/;
let token = takeFromAddress();
let asking = null; // the question that is open, shared by all who wait for its answer

function takeFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  // Out of the address bar and the history, which others may see.
  if (given !== null) history.replaceState(null, "", location.pathname + location.search);
  return given && TOKEN.test(given) ? given : null;
}

/** Return the header that shows the token, or none. */
export function tokenHeader() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Return the protocols to open a socket with, which show the token, as a socket has no headers. */
export function tokenProtocols() {
  return token ? ["wince", `wince.token.${token}`] : [];
}

/** Ask the reader for the token; resolves once one is typed in. */
export function askForToken() {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

function ask() {
  const dialog = document.getElementById("token-dialog");
  const field = document.getElementById("token");
  const over = new AbortController(); // takes the listeners away
  document.getElementById("token-wrong").hidden = !token;
  field.value = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const use = (found) => {
      if (!found || !TOKEN.test(found)) return;
      token = found;
      field.value = "";
      over.abort();
      dialog.close();
      resolve();
    };
    const listen = (target, name, handle) =>
      target.addEventListener(name, handle, { signal: over.signal });
    listen(dialog, "submit", (event) => {
      event.preventDefault();
      use(field.value.trim());
    });
    // The address with the token, opened in this tab, does not load the page again.
    listen(window, "hashchange", () => use(takeFromAddress()));
    // Without a token the page can do nothing, so Escape does not close the question.
    listen(dialog, "cancel", (event) => event.preventDefault());
  });
}
