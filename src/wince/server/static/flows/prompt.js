// Prompts to look at the person, and tones when nobody is watched. A prompt is no alarm: many people
// in pain show nothing.

/** @import { Level, Scale, Track } from "../types.js" */
/** @import { WatchAnswer } from "../engine/engine.js" */
/** @import { PlayTone } from "../media/tones.js" */
/** @import { Store } from "../state.js" */

import { isPspi } from "../levels.js";
import { watchStatus } from "../session/watch_status.js";

/** Level of PSPI from which an expression is clear; on another scale its highest level is. */
const CLEAR = "moderate";
const LONGEST_BREAK = 3000; // milliseconds without a statement that do not end a clear expression
const SHORTEST = 5; // seconds of a clear expression; shorter ones would prompt for each grimace
const COOLDOWN = 60_000; // milliseconds after a prompt was answered
const LOSS_DELAY = 10_000; // milliseconds before the tone of a loss
const LOSS_INTERVAL = 60_000; // milliseconds between its repetitions

/** @typedef {ReturnType<typeof createPromptFlow>} PromptFlow */

/**
 * Return the flow of the prompts of the live session.
 *
 * @param {Store} store
 * @param {PlayTone} playTone
 */
export function createPromptFlow(store, playTone) {
  const run = createClearRun(() => clearLevels(store.get().info?.scale ?? null));
  let answeredAt = -Infinity;
  /** @type {number | null} */
  let soundedAt = null; // when the tone of this loss was played

  /**
   * @param {Level} level
   * @param {number} time
   */
  function begin(level, time) {
    const { live, settings } = store.get();
    live.session?.beginPrompt(level, time);
    store.updatePart("live", { prompt: { start: time, level } });
    if (settings.promptSound) playTone("prompt");
  }

  return {
    /**
     * Take an answer: begin a prompt if a clear expression has lasted. Answers without an
     * assessment, for example of a busy server, are no statement about the person.
     *
     * @param {Pick<WatchAnswer, "assessment" | "isAbsent" | "track">} answer
     * @param {number} [time] Milliseconds.
     */
    add({ assessment, isAbsent, track }, time = Date.now()) {
      if (!track || (!assessment && !isAbsent)) return;
      const clear = run.add(track.statement, time);
      const { live, settings } = store.get();
      if (settings.promptSeconds === 0 || live.prompt) return;
      if (time - answeredAt < COOLDOWN) run.reset();
      else if (clear && clear.seconds >= Math.max(SHORTEST, settings.promptSeconds)) {
        begin(clear.level, time);
      }
    },
    /**
     * Play the tone of a loss if it is due. Call it about once a second, also without answers.
     *
     * @param {number} [time] Milliseconds.
     */
    tick(time = Date.now()) {
      const state = store.get();
      const { kind, since } = watchStatus(state, time);
      const isLost = kind === "not-in-view" || kind === "not-watching";
      if (!isLost || !state.settings.lossSound) {
        soundedAt = null;
        return;
      }
      const isDue =
        soundedAt === null ? time - since >= LOSS_DELAY : time - soundedAt >= LOSS_INTERVAL;
      if (!isDue) return;
      soundedAt = time;
      playTone("loss");
    },
    /**
     * Note that somebody has looked.
     *
     * @param {string} observer Initials.
     * @param {number} [time] Milliseconds.
     */
    answer(observer, time = Date.now()) {
      store.get().live.session?.endPrompt(observer, time);
      store.updatePart("live", { prompt: null });
      answeredAt = time;
      run.reset();
    },
    /** Begin again, for another session. */
    reset() {
      run.reset();
      answeredAt = -Infinity;
      soundedAt = null;
      store.updatePart("live", { prompt: null });
    },
  };
}

/**
 * Return the levels that are a clear expression of pain: none on a scale without levels.
 *
 * @param {Scale | null} scale
 */
export function clearLevels(scale) {
  const names = scale?.levels.map(({ name }) => name) ?? [];
  return names.slice(isPspi(scale) ? names.indexOf(CLEAR) : -1);
}

/**
 * Return how long a clear expression has been stated. A lower level ends it. Other statements, and
 * time without frames, count for nothing; more than LONGEST_BREAK of them end it too.
 *
 * @param {() => Level[]} clear Returns the levels that are a clear expression.
 */
function createClearRun(clear) {
  let seconds = 0;
  let breakTime = 0;
  /** @type {number | null} */
  let last = null;

  function reset() {
    seconds = 0;
    breakTime = 0;
  }

  return {
    reset,
    /**
     * Add a statement.
     *
     * @param {Track["statement"]} statement
     * @param {number} time Milliseconds.
     * @returns {{ seconds: number, level: Level } | null} Null if it is not clear.
     */
    add({ level, between }, time) {
      const step = last === null ? 0 : time - last;
      last = time;
      const isClear =
        level !== null && (between ?? [level]).every((name) => clear().includes(name));
      if (level !== null && !isClear) reset();
      if (level === null || step > LONGEST_BREAK) breakTime += step;
      if (breakTime > LONGEST_BREAK) reset();
      if (!isClear) return null;
      if (step <= LONGEST_BREAK) seconds += step / 1000;
      breakTime = 0;
      return { seconds, level };
    },
  };
}
