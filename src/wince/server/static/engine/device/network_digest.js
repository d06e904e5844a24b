// Checks that a network is the one of its manifest.

/** @import { Manifest } from "./runtime/estimator.js" */

import { UserError } from "../../errors.js";

/**
 * Check that a network is the one of its manifest, and not that of another version. Browsers offer
 * digests over HTTPS and on localhost only; elsewhere the network is used unchecked.
 *
 * @param {Uint8Array<ArrayBuffer>} network
 * @param {Pick<Manifest, "sha256">} manifest
 * @param {SubtleCrypto | undefined} [subtle]
 * @throws {UserError} It is another one.
 */
export async function checkDigest(network, { sha256 }, subtle = crypto.subtle) {
  if (!subtle) return;
  const digest = new Uint8Array(await subtle.digest("SHA-256", network));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== sha256) throw new UserError("device-file", { name: "model.onnx" });
}
