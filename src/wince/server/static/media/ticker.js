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
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  let isEnded = false;
  worker.addEventListener("message", callback);
  // The script cannot be loaded, such as without a network or after an update of the host.
  worker.addEventListener("error", () => {
    if (!isEnded) timer ??= setInterval(callback, interval);
  });
  worker.postMessage(interval);
  return () => {
    isEnded = true;
    clearInterval(timer);
    worker.terminate();
  };
}
