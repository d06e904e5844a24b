// The service worker of the page on the device. It keeps the files of one version, by their SHA-256,
// and answers with them, so that the page needs no network after the first visit.
//
// `wince export-page` writes what it has to know before it: self.wincePage.

/**
 * @typedef {object} PageFiles
 * @property {string} index Path of the document, which answers for the page's own address.
 * @property {string} policy Content-Security-Policy of every answer; hosts may not send it.
 * @property {Record<string, string>} files SHA-256 by path.
 */

const worker = /** @type {any} */ (self);
const { index, policy, files } = /** @type {PageFiles} */ (worker.wincePage);
const scope = new URL(worker.registration.scope);
const opened = caches.open(`wince ${scope.pathname}`);

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(storeFiles()));

worker.addEventListener("activate", (/** @type {any} */ event) =>
  event.waitUntil(removeOldFiles().then(() => worker.clients.claim())),
);

// The page asks for it when the user wants the new version.
worker.addEventListener("message", (/** @type {MessageEvent} */ { data }) => {
  if (data === "activate") worker.skipWaiting();
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const answer = answerTo(event.request);
  if (answer) event.respondWith(answer);
});

/** Store the files that are not there from the version before. */
async function storeFiles() {
  const cache = await opened;
  await Promise.all(
    Object.entries(files).map(async ([path, hash]) => {
      if (await cache.match(keyOf(hash))) return;
      await cache.put(keyOf(hash), await fetchFile(path, hash));
    }),
  );
}

/** Remove the files that this version does not have. */
async function removeOldFiles() {
  const cache = await opened;
  const keys = new Set(Object.values(files).map(keyOf));
  for (const { url } of await cache.keys()) if (!keys.has(url)) await cache.delete(url);
}

/**
 * Return the answer to a request: nothing leaves for another host, and nothing is sent.
 *
 * @param {Request} request
 * @returns {Promise<Response> | null} Null leaves it to the browser.
 */
function answerTo({ url, method }) {
  const address = new URL(url);
  if (address.origin !== scope.origin || method !== "GET") {
    return Promise.resolve(Response.error());
  }
  if (!address.pathname.startsWith(scope.pathname)) return null;
  const path = decodeURI(address.pathname.slice(scope.pathname.length));
  const hash = files[path === "" || path === "index.html" ? index : path];
  return hash ? storedFile(path || index, hash) : null;
}

/**
 * @param {string} path
 * @param {string} hash
 */
async function storedFile(path, hash) {
  return (await (await opened).match(keyOf(hash))) ?? fetchFile(path, hash);
}

/**
 * Fetch a file whose content has a hash, past the browser's cache if that has another.
 *
 * @param {string} path
 * @param {string} hash
 * @returns {Promise<Response>}
 */
async function fetchFile(path, hash) {
  for (const cache of /** @type {RequestCache[]} */ (["default", "reload"])) {
    const answer = await fetch(new URL(path, scope), { cache });
    const content = await answer.arrayBuffer();
    if (answer.ok && (await sha256(content)) === hash) return kept(content, answer.headers);
  }
  throw new Error(`The host does not have the file ${path} of this version.`);
}

/**
 * @param {ArrayBuffer} content
 * @param {Headers} sent
 */
function kept(content, sent) {
  const headers = new Headers(sent);
  // The content is decoded. A cache refuses an answer with Vary: *, and the hash names the content.
  for (const name of ["Content-Encoding", "Content-Length", "Vary"]) headers.delete(name);
  headers.set("Content-Security-Policy", policy);
  return new Response(content, { headers });
}

/** @param {ArrayBuffer} content */
async function sha256(content) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} hash */
function keyOf(hash) {
  return new URL(`sha256/${hash}`, scope).href;
}
