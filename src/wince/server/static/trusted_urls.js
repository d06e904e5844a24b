// Addresses of the page's own scripts, for workers. The page's policy accepts no others.

/** Of the page on the device; beside this folder, because a service worker is for its own folder. */
export const SERVICE_WORKER = new URL("../service-worker.js", import.meta.url);

const SCRIPTS = new URL(".", import.meta.url).href;

const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("wince", {
  createScriptURL: ownScript,
});

/**
 * Return the address of a script in the form in which the browser accepts it.
 *
 * @param {URL} url SERVICE_WORKER, or of a script in this folder.
 * @returns {URL}
 */
export function trustedScriptUrl(url) {
  return policy ? policy.createScriptURL(url.href) : url;
}

/** @param {string} address */
function ownScript(address) {
  if (address.startsWith(SCRIPTS) || address === SERVICE_WORKER.href) return address;
  throw new TypeError(`${address} is no script of this page.`);
}
