// Requests to the wince server.

import { UserError, isDomError } from "../errors.js";
import { tokenHeaders } from "./access_token.js";

/**
 * Return a function that sends a request and returns the answer.
 *
 * @param {() => Promise<void>} askForToken Called when the server needs another token.
 * @returns {Request} It raises UserError for an answer that is no success, and for none.
 *
 * @typedef {(path: string, options?: RequestInit) => Promise<Response>} Request
 */
export function createRequest(askForToken) {
  return async function request(path, options = {}) {
    const headers = tokenHeaders();
    const answer = await send(path, { ...options, headers: { ...options.headers, ...headers } });
    if (answer.status === 401) {
      // Another request may have brought the token since this one was sent without it.
      if (headers.Authorization === tokenHeaders().Authorization) await askForToken();
      return request(path, options);
    }
    if (!answer.ok) throw await refusal(answer);
    return answer;
  };
}

/**
 * @param {string} path
 * @param {RequestInit} options
 */
async function send(path, options) {
  try {
    return await fetch(path, { cache: "no-store", ...options });
  } catch (error) {
    if (isDomError(error)) throw error;
    throw new UserError("no-server");
  }
}

/**
 * Return an HTML document of the server. `fetch` returns text only, and the page's policy forbids to
 * parse text as HTML.
 *
 * @param {string} path
 * @returns {Promise<Document>}
 */
export function requestDocument(path) {
  const request = new XMLHttpRequest();
  request.open("GET", path);
  request.responseType = "document";
  for (const [name, value] of Object.entries(tokenHeaders())) request.setRequestHeader(name, value);
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(new UserError("no-server"));
    request.onload = () => {
      if (request.status === 200 && request.responseXML) resolve(request.responseXML);
      else reject(new UserError("no-model-card"));
    };
    request.send();
  });
}

/** @param {Response} answer */
async function refusal(answer) {
  const problem = await answer.json().catch(() => null);
  if (!problem) return new UserError("no-answer", { status: String(answer.status) });
  return new UserError(problemCode(problem), problem.values ?? {}, problem.detail);
}

/**
 * Return the code of a problem that the server sends.
 *
 * @param {{ type: string }} problem
 */
export function problemCode({ type }) {
  return type.replace("/problems/", "");
}
