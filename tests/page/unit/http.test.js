// Requests to a server that needs a token.

import assert from "node:assert/strict";
import test from "node:test";

const RIGHT = "Bearer the-right-token";

// The module reads the token from the page's address when it is loaded.
globalThis.location = { hash: "" };
const { setToken } = await import("../../../src/wince/server/static/engine/access_token.js");
const { createRequest } = await import("../../../src/wince/server/static/engine/http.js");

test("a late refusal of an old token does not ask for the token again", async () => {
  const refusals = [];
  globalThis.fetch = async (_path, { headers }) => {
    if (headers.Authorization === RIGHT) return new Response("the answer");
    await new Promise((resolve) => refusals.push(resolve));
    return new Response("", { status: 401 });
  };
  let questions = 0;
  const request = createRequest(async () => {
    questions += 1;
    setToken("the-right-token");
  });

  const answers = [request("/first"), request("/second")];
  refusals[0]();
  assert.equal(await (await answers[0]).text(), "the answer");
  refusals[1]();
  assert.equal(await (await answers[1]).text(), "the answer");
  assert.equal(questions, 1);
});

test("a refusal of the token that is in use asks again", async () => {
  setToken("a-wrong-token");
  globalThis.fetch = async (_path, { headers }) =>
    headers.Authorization === RIGHT
      ? new Response("the answer")
      : new Response("", { status: 401 });
  const entered = ["another-wrong-token", "the-right-token"];
  const request = createRequest(async () => setToken(entered.shift()));
  assert.equal(await (await request("/path")).text(), "the answer");
  assert.deepEqual(entered, []);
});
