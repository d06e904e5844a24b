// The service worker of the page on the device, with a cache and a network made here.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const SOURCE = new URL("../../../src/wince/server/static/service_worker.js", import.meta.url);
const SCOPE = "https://host.example/wince/";
const POLICY = "default-src 'self'";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const sums = (files) =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [path, sha256(text)]));

/** What one origin keeps: a cache that outlives the workers. */
function createCaches() {
  const stored = new Map();
  const cache = {
    match: async (key) => stored.get(key)?.clone(),
    async put(key, answer) {
      if (answer.headers.get("Vary") === "*") throw new TypeError("Vary header contains *");
      stored.set(key, answer);
    },
    delete: async (key) => stored.delete(key),
    keys: async () => [...stored.keys()].map((url) => ({ url })),
  };
  return { stored, open: async () => cache };
}

/**
 * Start a worker.
 *
 * @param {Record<string, string>} version Its files.
 * @param {Record<string, string>} hosted What the host has now.
 */
function startWorker(version, hosted, caches = createCaches()) {
  const listeners = {};
  const calls = { fetched: [], skipped: 0, claimed: 0 };
  const context = {
    wincePage: { index: "files-1/index.html", policy: POLICY, files: sums(version) },
    registration: { scope: SCOPE },
    addEventListener: (name, listener) => (listeners[name] = listener),
    skipWaiting: () => (calls.skipped += 1),
    clients: { claim: async () => (calls.claimed += 1) },
    ...{ caches, crypto, URL, Response, Headers, Uint8Array, Promise },
    async fetch(url, { cache }) {
      const path = url.href.slice(SCOPE.length);
      calls.fetched.push([path, cache]);
      if (!(path in hosted)) return new Response("", { status: 404 });
      return new Response(hosted[path], {
        headers: { "Content-Type": "text/javascript", "Content-Encoding": "gzip", Vary: "*" },
      });
    },
  };
  context.self = context;
  vm.runInNewContext(readFileSync(SOURCE, "utf8"), context);
  return {
    calls,
    caches,
    async send(name) {
      let work;
      listeners[name]({ waitUntil: (promise) => (work = promise) });
      await work;
    },
    message: (data) => listeners.message({ data }),
    /** Return the promise of an answer, or undefined if the browser answers. */
    request(url, method = "GET") {
      let answer;
      const request = { url: new URL(url, SCOPE).href, method };
      listeners.fetch({ request, respondWith: (promise) => (answer = promise) });
      return answer;
    },
  };
}

const FILES = { "files-1/index.html": "the page", "files-1/app.js": "run()" };

test("after installation the page and its files come without the network", async () => {
  const hosted = { ...FILES };
  const worker = startWorker(FILES, hosted);
  await worker.send("install");
  await worker.send("activate");
  assert.equal(worker.calls.claimed, 1);
  for (const path of Object.keys(hosted)) delete hosted[path];
  worker.calls.fetched.length = 0;
  for (const url of ["", "index.html", "?language=de", "files-1/index.html"]) {
    assert.equal(await (await worker.request(url)).text(), "the page");
  }
  const script = await worker.request("files-1/app.js");
  assert.equal(await script.text(), "run()");
  assert.equal(script.headers.get("Content-Type"), "text/javascript");
  assert.equal(script.headers.get("Content-Encoding"), null); // it is decoded
  assert.equal(script.headers.get("Content-Security-Policy"), POLICY);
  assert.deepEqual(worker.calls.fetched, []);
});

test("nothing goes to another host, and nothing is sent", async () => {
  const worker = startWorker(FILES, FILES);
  for (const [url, method] of [
    ["https://other.example/", "GET"],
    ["https://host.example:444/wince/", "GET"],
    ["files-1/app.js", "POST"],
    ["https://other.example/", "POST"],
  ]) {
    assert.equal((await worker.request(url, method)).type, "error");
  }
  assert.deepEqual(worker.calls.fetched, []);
});

test("files that are not of the page are left to the browser", () => {
  const worker = startWorker(FILES, FILES);
  assert.equal(worker.request("robots.txt"), undefined);
  assert.equal(worker.request("https://host.example/elsewhere/"), undefined);
});

test("a host with half of another version is not installed", async () => {
  const worker = startWorker(FILES, { ...FILES, "files-1/app.js": "other()" });
  await assert.rejects(worker.send("install"), /files-1\/app\.js/);
  const tries = worker.calls.fetched.filter(([path]) => path === "files-1/app.js");
  assert.deepEqual(tries, [
    ["files-1/app.js", "default"],
    ["files-1/app.js", "reload"],
  ]);
});

test("a new version waits, fetches what has changed, and removes what is no longer used", async () => {
  const old = startWorker(FILES, FILES);
  await old.send("install");
  const changed = { "files-1/index.html": "the new page", "files-2/app.js": "run()" };
  const worker = startWorker(changed, changed, old.caches);
  await worker.send("install");
  assert.deepEqual(worker.calls.fetched, [["files-1/index.html", "default"]]);
  assert.equal(worker.calls.skipped, 0);
  assert.equal(await (await old.request("")).text(), "the page"); // it goes on
  worker.message("something else");
  assert.equal(worker.calls.skipped, 0);
  worker.message("activate");
  assert.equal(worker.calls.skipped, 1);
  await worker.send("activate");
  assert.equal(old.caches.stored.size, 2);
  assert.equal(await (await worker.request("")).text(), "the new page");
});

test("a file that the browser has removed is fetched again", async () => {
  const worker = startWorker(FILES, FILES);
  await worker.send("install");
  worker.caches.stored.clear();
  assert.equal(await (await worker.request("files-1/app.js")).text(), "run()");
});
