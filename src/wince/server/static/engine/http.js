// The server's HTTP API, as far as the page needs it.

/** @import { Assessment, Model, NeutralFace, Scale, SpeechAvailability, SpeechRequest } from "../types.js" */

import { askForToken, tokenHeaders } from "./access_token.js";
import { UserError, isDomError } from "../errors.js";

/**
 * Return the scale: levels with their texts, action units, sentences and advice.
 *
 * @returns {Promise<Scale>}
 */
export function getScale() {
  return getJson("/v1/scale");
}

/**
 * Return what the server says about its model.
 *
 * @returns {Promise<Model>}
 */
export function getModel() {
  return getJson("/v1/model");
}

/**
 * Return the assessment of one image file, with its map.
 *
 * @param {Blob} file
 * @param {AbortSignal} signal Cancels the request.
 * @param {object} [options]
 * @param {number | null} [options.face] Which face, by size; null for the largest.
 * @param {NeutralFace | null} [options.neutral] The person's neutral face.
 * @returns {Promise<Assessment>}
 */
export function assess(file, signal, { face = null, neutral = null } = {}) {
  const form = new FormData();
  form.append("image", file, "image"); // the server does not need the file's own name
  if (neutral) form.append("neutral", JSON.stringify(neutral));
  const query = face === null ? "" : `&face=${face}`;
  return getJson(`/v1/assessments?explain=heatmap${query}`, { method: "POST", body: form, signal });
}

/**
 * Return the neutral face of images of one person at rest.
 *
 * @param {Blob[]} files
 * @param {boolean} anyExpression Whether to accept images that are rated mild or higher.
 * @returns {Promise<NeutralFace>}
 */
export function getNeutralFace(files, anyExpression) {
  const form = new FormData();
  for (const file of files) form.append("neutral", file, "image");
  const query = anyExpression ? "?any_expression=true" : "";
  return getJson(`/v1/neutral${query}`, { method: "POST", body: form });
}

/**
 * Return which voices the machine that runs wince has.
 *
 * @returns {Promise<SpeechAvailability>}
 */
export function getSpeechAvailability() {
  return getJson("/v1/speech");
}

/**
 * Return the speech about a result as sound.
 *
 * @param {SpeechRequest} speech
 * @param {AbortSignal} signal Cancels the request.
 */
export async function getSpeech(speech, signal) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify(speech);
  return (await request("/v1/speech", { method: "POST", headers, body, signal })).blob();
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 */
async function getJson(path, options) {
  return (await request(path, options)).json();
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
async function request(path, options = {}) {
  let response;
  try {
    const headers = { ...options.headers, ...tokenHeaders() };
    response = await fetch(path, { cache: "no-store", ...options, headers });
  } catch (error) {
    if (isDomError(error)) throw error;
    throw new UserError("The server does not answer. Is wince still running on this machine?");
  }
  if (response.status === 401) {
    await askForToken();
    return request(path, options);
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => null);
    const kind = String(problem?.type ?? "").replace("/problems/", "");
    throw new UserError(
      problem?.detail ?? `The server answered with status ${response.status}.`,
      kind,
    );
  }
  return response;
}
