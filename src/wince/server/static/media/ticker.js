// A timer in a worker. It goes on when another tab is in front, where the timers of a page are slowed
// down.

const WORKER = new URL("ticker_worker.js", import.meta.url);
/** What the address is in browsers that accept only trusted addresses of scripts. */
const trustedWorker =
  /** @type {any} */ (globalThis).trustedTypes
    ?.createPolicy("wince", {
      createScriptURL: () => WORKER.href,
    })
    .createScriptURL("") ?? WORKER;

/**
 * Call a function again and again.
 *
 * @param {number} interval Milliseconds.
 * @param {() => void} callback
 * @returns {() => void} A function that ends it.
 */
export function startTicker(interval, callback) {
  const worker = new Worker(trustedWorker);
  worker.addEventListener("message", callback);
  worker.postMessage(interval);
  return () => worker.terminate();
}
