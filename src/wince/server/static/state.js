// The state of the page. Flows change it; parts draw it.

/** @import { Assessment, Box, Level, NeutralFace, PersonInView, Size } from "./types.js" */
/** @import { EngineInfo, WatchAnswer } from "./engine/engine.js" */
/** @import { Problem } from "./errors.js" */
/** @import { Session } from "./session/session.js" */

/**
 * @typedef {object} State
 * @property {"upload" | "live"} tab
 * @property {string} language Code of the language of all texts.
 * @property {EngineInfo | null} info Null until the engine is ready.
 * @property {Settings} settings
 * @property {NeutralFace | null} neutral The person's neutral face.
 * @property {NeutralTask | null} neutralTask What is being done to set it, or went wrong.
 * @property {MapView} map
 * @property {Upload} upload
 * @property {Live} live
 * @property {Hint | null} hint A message about the voice.
 *
 * @typedef {{ code: string, values: Record<string, string | number>, detail: string,
 *   isWarning: boolean }} Hint
 * @typedef {{ kind: "reading" | "collecting" }
 *   | { kind: "refused", problem: Problem, canTakeAnyway: boolean }} NeutralTask
 * @typedef {{ isOn: boolean, unit: string | null, opacity: number }} MapView `unit`: of an action
 *   unit; null for the score. Opacity from 0 to 1.
 */

/**
 * @typedef {object} Settings
 * @property {boolean} muted
 * @property {boolean} sayPercent
 * @property {boolean} sayAdvice
 * @property {string} voice "browser:NAME" or "host:NAME"; "" for the best one.
 * @property {number} speed Of the voice; 1 is usual.
 * @property {number} smoothing Seconds.
 * @property {number} hold Seconds.
 * @property {number} margin
 * @property {number} promptSeconds Seconds of a clear or strong expression before a prompt to look;
 *   0 for no prompts.
 * @property {boolean} promptSound
 * @property {boolean} lossSound Whether a tone is played when the person is not in view, or wince is
 *   not connected.
 * @property {boolean} mirrored Whether the front camera is shown as in a mirror.
 */

/**
 * The upload tab.
 *
 * @typedef {object} Upload
 * @property {"photo" | "video" | null} kind
 * @property {string | null} url Of the photo or video in view.
 * @property {Size | null} size Of the upright image.
 * @property {boolean} isBusy
 * @property {Assessment | null} assessment
 * @property {Problem | null} problem
 * @property {Progress | null} progress Of a video.
 * @property {WatchAnswer | null} answer Of a video's last frame.
 * @property {Session | null} session Of a video.
 */

/**
 * @typedef {object} Progress
 * @property {number} seconds How much of the video is assessed.
 * @property {number} duration Seconds.
 * @property {boolean} isChoosing Whether it waits until a person is chosen.
 * @property {boolean} isFinished
 */

/**
 * The live tab.
 *
 * - choose: two buttons, "Check now" and "Watch over time";
 * - aim: the camera is on, the person is chosen, the three ticks tell what to change;
 * - check: a sample of three seconds is taken; checked: its result;
 * - watch: the session runs; summary: it has ended.
 *
 * @typedef {object} Live
 * @property {"choose" | "aim" | "check" | "checked" | "watch" | "summary"} step
 * @property {"check" | "watch"} mode
 * @property {CameraState} camera
 * @property {Problem | null} trouble Why no answers come: the connection or the camera is lost.
 * @property {WatchAnswer | null} answer The last answer.
 * @property {Ticks} ticks
 * @property {CheckSample | null} check
 * @property {string} label The person's label.
 * @property {"rest" | "movement"} activity
 * @property {boolean} isNight Whether the night screen is shown.
 * @property {boolean} isWhole Whether the whole image is shown while watching, not the person alone.
 * @property {Session | null} session
 * @property {Prompt | null} prompt A prompt to look that stands.
 * @property {{ rate: number, latency: number } | null} rate Frames a second, and milliseconds from the
 *   capture of a frame to its answer.
 *
 * @typedef {object} CameraState
 * @property {"off" | "starting" | "on" | "lost" | "refused"} status
 * @property {Problem | null} problem
 * @property {{ id: string, label: string }[]} devices
 * @property {string | null} deviceId
 * @property {boolean} isFront Whether it faces the user; only such a camera is mirrored.
 * @property {Size | null} size
 *
 * @typedef {{ isMet: boolean, code: string, values: Record<string, string | number> }} Tick
 * @typedef {{ close: Tick, light: Tick, facing: Tick } | null} Ticks Null without a face.
 *
 * @typedef {object} CheckSample
 * @property {number} share How much of the sample is taken, 0 to 1.
 * @property {import("./flows/check.js").SampleFrame | null} frame The result.
 * @property {string | null} url Of the result's image.
 * @property {Problem | null} problem Why there is no result.
 *
 * @typedef {{ start: number, level: Level }} Prompt `start` in milliseconds.
 */

/** @typedef {ReturnType<typeof createStore>} Store */
/** @typedef {(state: State) => void} Draw Changes what is drawn; it changes only what differs. */

/** The upload tab without a photo or video. @type {Upload} */
export const EMPTY_UPLOAD = {
  kind: null,
  url: null,
  size: null,
  isBusy: false,
  assessment: null,
  problem: null,
  progress: null,
  answer: null,
  session: null,
};

/**
 * Return the settings of the track.
 *
 * @param {Settings} settings
 */
export function trackSettings({ smoothing, hold, margin }) {
  return { smoothing, hold, margin };
}

/**
 * Return the state at the start.
 *
 * @param {string} language
 * @returns {State}
 */
export function initialState(language) {
  return {
    tab: "upload",
    language,
    info: null,
    settings: {
      muted: false,
      sayPercent: false,
      sayAdvice: false,
      voice: "",
      speed: 1,
      smoothing: 0.05,
      hold: 1,
      margin: 1.2,
      promptSeconds: 0,
      promptSound: false,
      lossSound: false,
      mirrored: true,
    },
    neutral: null,
    neutralTask: null,
    map: { isOn: false, unit: null, opacity: 0.8 },
    upload: EMPTY_UPLOAD,
    live: {
      step: "choose",
      mode: "check",
      camera: {
        status: "off",
        problem: null,
        devices: [],
        deviceId: null,
        isFront: true,
        size: null,
      },
      trouble: null,
      answer: null,
      ticks: null,
      check: null,
      label: "",
      activity: "rest",
      isNight: false,
      isWhole: false,
      session: null,
      prompt: null,
      rate: null,
    },
    hint: null,
  };
}

/**
 * Return the store of the page's state.
 *
 * @param {State} state
 * @param {(draw: () => void) => void} [schedule] Calls a function when the state is complete.
 */
export function createStore(state, schedule = callSoon) {
  /** @type {Draw[]} */
  const draws = [];
  let isScheduled = false;

  function drawSoon() {
    if (isScheduled) return;
    isScheduled = true;
    schedule(() => {
      isScheduled = false;
      for (const draw of draws) draw(state);
    });
  }

  return {
    get: () => state,
    /**
     * Change members of the state.
     *
     * @param {Partial<State>} change
     */
    update(change) {
      state = { ...state, ...change };
      drawSoon();
    },
    /**
     * Change members of the upload tab, the live tab, the settings or the map.
     *
     * @template {"upload" | "live" | "settings" | "map"} K
     * @param {K} part
     * @param {Partial<State[K]>} change
     */
    updatePart(part, change) {
      state = { ...state, [part]: { ...state[part], ...change } };
      drawSoon();
    },
    /**
     * Draw with a function after each event that changes the state.
     *
     * @param {Draw} draw
     */
    add(draw) {
      draws.push(draw);
      drawSoon();
    },
    /** Draw again, for example because what a session holds has changed. */
    drawSoon,
  };
}

/**
 * Call a function when the present event is handled; behind another tab, when the page is in view.
 *
 * @param {() => void} draw
 */
function callSoon(draw) {
  if (document.hidden) requestAnimationFrame(draw);
  else queueMicrotask(draw);
}
