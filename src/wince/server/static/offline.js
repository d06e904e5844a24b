// Keeps the page on the device, and offers a new version of it.

import { SERVICE_WORKER, trustedScriptUrl } from "./trusted_urls.js";

/** @typedef {"saving" | "saved" | "not-saved" | "update"} OfflineState */

/**
 * Let the service worker keep the page's files.
 *
 * @param {(state: OfflineState) => void} onState "update": a new version is ready, which `useUpdate`
 *   puts to use.
 * @param {ServiceWorkerContainer | undefined} [container] Undefined where the page may not have one,
 *   such as without HTTPS.
 * @returns {{ useUpdate: () => void }}
 */
export function keepForOffline(onState, container = navigator.serviceWorker) {
  /** @type {ServiceWorkerRegistration | null} */
  let registration = null;

  function show() {
    if (!registration) return;
    const { installing, waiting, active } = registration;
    if (waiting && active) onState("update");
    else if (active) onState("saved");
    else onState(installing || waiting ? "saving" : "not-saved");
  }

  function watch() {
    registration?.installing?.addEventListener("statechange", show);
    show();
  }

  async function register() {
    if (!container) return onState("not-saved");
    const address = trustedScriptUrl(SERVICE_WORKER);
    registration = await container.register(address, { updateViaCache: "none" });
    registration.addEventListener("updatefound", watch);
    watch();
    // A page that stays open for days has no other occasion to look for a new version.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) registration?.update().catch(() => {});
    });
  }

  register().catch(() => onState("not-saved"));
  return {
    useUpdate() {
      const waiting = registration?.waiting;
      if (!waiting) return location.reload(); // another tab has put it to use already
      container?.addEventListener("controllerchange", () => location.reload(), { once: true });
      waiting.postMessage("activate");
    },
  };
}
