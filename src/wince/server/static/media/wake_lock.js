// Keeps the screen awake while somebody is watched. Not every browser can.

/** Return a function that switches it on and off. */
export function createWakeLock() {
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  let isOn = false;
  let isAsking = false;

  async function ask() {
    if (!isOn || lock || isAsking || document.visibilityState !== "visible") return;
    isAsking = true;
    lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
    isAsking = false;
    // The browser takes it back when the page is hidden.
    lock?.addEventListener("release", () => (lock = null));
    if (!isOn) lock?.release();
  }

  document.addEventListener("visibilitychange", ask);
  return (/** @type {boolean} */ on) => {
    if (on === isOn) return;
    isOn = on;
    if (on) ask();
    else lock?.release();
  };
}
