// The server's HTTP API, as far as the page needs it.

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

/** Return the assessment of one picture file; `signal` calls it off. */
export async function assess(file, signal) {
  const form = new FormData();
  form.append("image", file, "picture"); // the file's own name is nobody's business
  return getJson("/v1/assessments", { method: "POST", body: form, signal });
}

async function getJson(address, options) {
  let response;
  try {
    response = await fetch(address, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The server does not answer. Is wince still running on this machine?");
  }
  const data = await response.json().catch(() => null);
  if (!response.ok || data === null) {
    throw new Problem(data?.detail ?? `The server answered with status ${response.status}.`);
  }
  return data;
}
