// The engine on the device: the same networks and rules as the wince server, in a worker of the page.
// It needs no server beyond the one that the page's files came from.

/** @import { Engine, EngineInfo } from "./engine.js" */

import { UserError, problemOf } from "../errors.js";
import { createCalls } from "./device/worker_calls.js";
import { stopped, worker } from "./device_start.js";
import { watchOnDevice } from "./device_watch.js";
import { requestDocument } from "./http.js";

/** The model card; models without one do not have it. */
const CARD = new URL("../models/card.html", import.meta.url);

/**
 * Return the engine.
 *
 * @returns {Engine}
 */
export function createDeviceEngine() {
  const call = createCalls(worker, stopped);

  /** Run the networks once at a time, so that other calls are answered in between. */
  async function warmUp() {
    while (await call("warmUp"));
  }

  return {
    async open() {
      const info = await call("open");
      warmUp().catch(() => {}); // if the networks fail, the first photo says so
      return { .../** @type {EngineInfo} */ (info), host: null };
    },
    async assess(image, { face = null, neutral = null, signal } = {}) {
      const assessment = await call("assess", [image, { face, neutral, withMap: true }]);
      signal?.throwIfAborted();
      return assessment;
    },
    watch: (source, options) => watchOnDevice(call, source, options),
    getNeutralFace: (images, anyExpression) => call("getNeutralFace", [images, anyExpression]),
    getVoices: async () => ({ available: false, isOnDevice: true, detail: "", voices: {} }),
    async getSpeech() {
      throw new UserError("no-voice");
    },
    async getModelCard() {
      const page = await requestDocument(CARD.href).catch((error) => {
        const isAbsent = problemOf(error).code === "no-model-card";
        throw isAbsent ? error : new UserError("device-file", { name: "card.html" });
      });
      return [...(page.querySelector("main")?.childNodes ?? [])];
    },
    close: () => worker.terminate(),
  };
}
