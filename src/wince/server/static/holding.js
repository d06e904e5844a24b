// When a level is worth saying: it differs from the last one said, and has held for a while.

/** Return a watcher. seconds: how long a level must hold without a break. */
export function createHold(seconds = 2) {
  let level = null; // the one at present; null means no face
  let since = 0;
  let told = null;

  return {
    /**
     * Take the level of a frame (null: no face) at a time in seconds. Return the level to tell now,
     * or undefined. A face that was away for as long is told anew.
     */
    update(found, now) {
      if (found !== level) {
        level = found;
        since = now;
      }
      if (level === told || now - since < seconds) return undefined;
      told = level;
      return level ?? undefined;
    },
    /** Forget everything. */
    reset() {
      level = told = null;
    },
  };
}
