// The engine on the device: the same networks and rules as the wince server, in a worker of the page.
// It needs no server beyond the one that the page's files came from.

/** @import { Engine, EngineInfo } from "./engine.js" */
/** @import { CallWorker } from "./device/worker_calls.js" */

import { UserError, problemOf } from "../errors.js";
import { trustedScriptUrl } from "../trusted_urls.js";
import { watchOnDevice } from "./device_watch.js";
import { createCalls } from "./device/worker_calls.js";
import { requestDocument } from "./http.js";

const WORKER = new URL("device/device_worker.js", import.meta.url);

/**
 * Return the engine.
 *
 * @param {object} options
 * @param {URL} options.base Folder with model.json, model.onnx, face_detector.onnx and occlusion.json,
 *   and with what the server answers to GET /v1/scale, /v1/model and /v1/model/card: scale.json,
 *   description.json and, if there is one, card.html.
 * @returns {Engine}
 */
export function createDeviceEngine({ base }) {
  const worker = new Worker(trustedScriptUrl(WORKER), { type: "module" });
  const call = createCalls(worker);

  /** Run the networks once at a time, so that other calls are answered in between. */
  async function warmUp() {
    while (await call("warmUp"));
  }

  return {
    async open() {
      const info = await call("open", [base.href]);
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
      const page = await requestDocument(new URL("card.html", base).href).catch((error) => {
        const isAbsent = problemOf(error).code === "no-model-card";
        throw isAbsent ? error : new UserError("device-file", { name: "card.html" });
      });
      return [...(page.querySelector("main")?.childNodes ?? [])];
    },
    close: () => worker.terminate(),
  };
}
