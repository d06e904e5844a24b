// A timer in a worker. It goes on when another tab is in front, where the timers of a page are slowed
// down.

import { trustedScriptUrl } from "../trusted_urls.js";

const WORKER = new URL("ticker_worker.js", import.meta.url);

/**
 * Call a function again and again.
 *
 * @param {number} interval Milliseconds.
 * @param {() => void} callback
 * @returns {() => void} A function that ends it.
 */
export function startTicker(interval, callback) {
  const worker = new Worker(trustedScriptUrl(WORKER));
  worker.addEventListener("message", callback);
  worker.postMessage(interval);
  return () => worker.terminate();
}
