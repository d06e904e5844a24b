// The wince server as an engine: photos by HTTP, frames by its live socket.

/** @import { Engine } from "./engine.js" */

import { createRequest, requestDocument } from "./http.js";
import { watchBySocket } from "./live_connection.js";

const LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Return the engine.
 *
 * @param {() => Promise<void>} askForToken Called when the server needs an access token.
 * @returns {Engine}
 */
export function createServerEngine(askForToken) {
  const request = createRequest(askForToken);

  /**
   * @param {string} path
   * @param {RequestInit} [options]
   */
  async function getJson(path, options) {
    return (await request(path, options)).json();
  }

  return {
    async open() {
      const [scale, model] = await Promise.all([getJson("v1/scale"), getJson("v1/model")]);
      const { hostname } = location;
      return { scale, model, host: LOCAL_HOSTS.includes(hostname) ? null : hostname };
    },
    assess(image, { face = null, neutral = null, signal } = {}) {
      const form = new FormData();
      form.append("image", image, "image"); // the server does not need the file's own name
      if (neutral) form.append("neutral", JSON.stringify(neutral));
      const query = face === null ? "" : `&face=${face}`;
      const options = { method: "POST", body: form, signal };
      return getJson(`v1/assessments?explain=heatmap${query}`, options);
    },
    watch: watchBySocket,
    getNeutralFace(images, anyExpression) {
      const form = new FormData();
      for (const image of images) form.append("neutral", image, "image");
      const query = anyExpression ? "?any_expression=true" : "";
      return getJson(`v1/neutral${query}`, { method: "POST", body: form });
    },
    getVoices: () => getJson("v1/speech"),
    async getSpeech(speech, signal) {
      const headers = { "Content-Type": "application/json" };
      const options = { method: "POST", headers, body: JSON.stringify(speech), signal };
      return (await request("v1/speech", options)).blob();
    },
    async getModelCard() {
      const card = (await requestDocument("v1/model/card")).querySelector("main");
      return [...(card?.childNodes ?? [])];
    },
    close() {},
  };
}
