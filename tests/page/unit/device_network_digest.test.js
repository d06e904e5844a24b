// The check that the engine on the device has the network of its manifest.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { checkDigest } from "../../../src/wince/server/static/engine/device/network_digest.js";

const NETWORK = new TextEncoder().encode("a network");
const SHA256 = createHash("sha256").update(NETWORK).digest("hex");

test("the network of another version is refused", async () => {
  await checkDigest(NETWORK, { sha256: SHA256 });
  await assert.rejects(checkDigest(NETWORK, { sha256: "0".repeat(64) }), ({ problem }) => {
    assert.deepEqual([problem.code, problem.values.name], ["device-file", "model.onnx"]);
    return true;
  });
});

test("without HTTPS, where browsers compute no digests, the network is used", async (context) => {
  context.mock.getter(crypto, "subtle", () => undefined);
  await checkDigest(NETWORK, { sha256: SHA256 });
});
