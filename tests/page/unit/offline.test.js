// What keeps the page on the device, with a service worker made here.

import assert from "node:assert/strict";
import test from "node:test";

globalThis.document = { hidden: false, addEventListener() {} };
const { keepForOffline } = await import("../../../src/wince/server/static/offline.js");

/** Return the page's container of service workers, its registration, and how often the page reloads. */
function createBrowser(workers) {
  const registration = Object.assign(new EventTarget(), { installing: null, ...workers });
  const container = Object.assign(new EventTarget(), { register: async () => registration });
  const page = { reloads: 0 };
  globalThis.location = { reload: () => (page.reloads += 1) };
  return { registration, container, page };
}

/** Return what puts a new version to use, when the page has registered its service worker. */
async function keep(container) {
  const states = [];
  const { useUpdate } = keepForOffline((state) => states.push(state), container);
  await new Promise((resolve) => setTimeout(resolve));
  return { states, useUpdate };
}

test("the page reloads when the new version is in use", async () => {
  const messages = [];
  const waiting = { postMessage: (message) => messages.push(message) };
  const { container, page } = createBrowser({ waiting, active: {} });
  const { states, useUpdate } = await keep(container);
  assert.deepEqual(states, ["update"]);
  useUpdate();
  assert.deepEqual([messages, page.reloads], [["activate"], 0]);
  container.dispatchEvent(new Event("controllerchange"));
  assert.equal(page.reloads, 1);
});

test("the page reloads at once if another tab has put the new version to use", async () => {
  const { registration, container, page } = createBrowser({ waiting: {}, active: {} });
  const { useUpdate } = await keep(container);
  registration.waiting = null;
  useUpdate();
  assert.equal(page.reloads, 1);
});

test("without HTTPS the page says that it is not saved", async () => {
  const { states } = await keep(null);
  assert.deepEqual(states, ["not-saved"]);
});
