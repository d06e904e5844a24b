// The server's HTTP API, as far as the page needs it.

import { askForToken, tokenHeader } from "./token.js";

/** A refusal of the server, or no answer at all; the message is a sentence for the reader. */
export class Problem extends Error {}

/** Return the scale: levels with their words, action units, sentences and advice. */
export function getScale() {
  return getJson("/v1/scale");
}

/** Return what the server says about its model. */
export function getModel() {
  return getJson("/v1/model");
}

/**
 * Return the assessment of one picture file, with its map; `signal` calls it off. face: which one,
 * by size, or null for the largest; neutral: the person's neutral face, or null.
 */
export async function assess(file, signal, { face = null, neutral = null } = {}) {
  const form = new FormData();
  form.append("image", file, "picture"); // the file's own name is nobody's business
  if (neutral) form.append("neutral", JSON.stringify(neutral));
  const which = face === null ? "" : `&face=${face}`;
  return getJson(`/v1/assessments?explain=heatmap${which}`, { method: "POST", body: form, signal });
}

/** Return the neutral face of images of one person at rest. */
export async function getNeutralFace(files) {
  const form = new FormData();
  for (const file of files) form.append("neutral", file, "picture");
  return getJson("/v1/neutral", { method: "POST", body: form });
}

/** Return which voices the machine that runs wince has: {available, detail, voices, rate}. */
export function getVoice() {
  return getJson("/v1/speech");
}

/** Return what is said about a result as sound; `signal` calls it off. */
export async function getSpeech(wanted, signal) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify(wanted);
  return (await ask("/v1/speech", { method: "POST", headers, body, signal })).blob();
}

async function getJson(address, options) {
  const response = await ask(address, options);
  const data = await response.json().catch(() => null);
  if (data === null) throw refused(response);
  return data;
}

async function ask(address, options = {}) {
  let response;
  try {
    const headers = { ...options.headers, ...tokenHeader() };
    response = await fetch(address, { cache: "no-store", ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The server does not answer. Is wince still running on this machine?");
  }
  if (response.status === 401) {
    await askForToken();
    return ask(address, options);
  }
  if (!response.ok) throw refused(response, await response.json().catch(() => null));
  return response;
}

function refused({ status }, problem) {
  return new Problem(problem?.detail ?? `The server answered with status ${status}.`);
}
