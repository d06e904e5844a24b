// Addresses of the page's own scripts, for workers. The page's policy accepts no others.

const PAGE = new URL(".", import.meta.url).href;

const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("wince", {
  createScriptURL: ownScript,
});

/**
 * Return the address of a script in the form in which the browser accepts it.
 *
 * @param {URL} url Of a script in this folder.
 * @returns {URL}
 */
export function trustedScriptUrl(url) {
  return policy ? policy.createScriptURL(url.href) : url;
}

/** @param {string} address */
function ownScript(address) {
  if (!address.startsWith(PAGE)) throw new TypeError(`${address} is no script of this page.`);
  return address;
}
