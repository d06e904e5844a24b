// The access token of the server, if it needs one. It is kept in this page's memory only.

// The address that `wince serve` prints ends in #token=...; browsers do not send that part.
const TOKEN = /^[A-Za-z0-9._~-]+$/;
let token = tokenFromAddress();

/** Return the token in the page's address, or null, and remove it from the address. */
export function tokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  // Others may see the address bar and the history.
  if (given !== null) history.replaceState(null, "", location.pathname + location.search);
  return given && TOKEN.test(given) ? given : null;
}

/** Whether there is a token; if the server still refuses, it is wrong. */
export function hasToken() {
  return token !== null;
}

/**
 * Use a token from now on; return false if it cannot be one.
 *
 * @param {string | null} entered
 */
export function setToken(entered) {
  if (!entered || !TOKEN.test(entered)) return false;
  token = entered;
  return true;
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
