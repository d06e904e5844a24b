// Loads what the engine on the device needs: the networks and what belongs to them, the runtime of networks,
// and the texts.

/** @import { Model, Scale } from "../../types.js" */
/** @import { Manifest } from "./runtime/estimator.js" */
/** @import { Regression } from "./types.js" */

import { UserError } from "../../errors.js";
import * as ort from "../../onnxruntime/ort.wasm.min.js";
import { createDetector } from "./faces/network.js";
import { checkDigest } from "./network_digest.js";
import { openSession } from "./onnx_session.js";
import { Assessor } from "./runtime/assessor.js";
import { Estimator } from "./runtime/estimator.js";

const STATIC = new URL("../../", import.meta.url);
/** Folder with model.json, model.onnx, face_detector.onnx and occlusion.json, and with what the server
 * answers to GET /v1/scale and /v1/model: scale.json and description.json. */
const MODELS = new URL("models/", STATIC);

/**
 * Load everything and return the assessor, with the descriptions of the scale and of the model.
 *
 * @returns {Promise<{ assessor: Assessor, scale: Scale, model: Model }>}
 * @throws {UserError} A file is missing, or is not the one that model.json names.
 */
export async function loadAssessor() {
  /** @param {string} path */
  const at = (path) => new URL(path, MODELS);
  startRuntime();
  const [manifest, network, detector, regressions, scale, model, catalogue] = await Promise.all([
    /** @type {Promise<Manifest>} */ (fetchJson(at("model.json"))),
    fetchBytes(at("model.onnx")),
    // The small network is there first, and opening it loads the runtime.
    fetchBytes(at("face_detector.onnx")).then((file) => openSession(ort, file)),
    /** @type {Promise<Record<string, Regression>>} */ (fetchJson(at("occlusion.json"))),
    fetchJson(at("./scale.json")),
    fetchJson(at("./description.json")),
    fetchJson(new URL("texts/en.json", STATIC)),
  ]);
  await checkDigest(network, manifest);
  const estimator = new Estimator(await openSession(ort, network), manifest);
  const candidates = createDetector(detector);
  const texts = catalogue.speech;
  return { assessor: new Assessor({ candidates, regressions, estimator, texts }), scale, model };
}

/** Say where the runtime is, and that it shall use one thread: more need headers that few hosts send. */
function startRuntime() {
  const name = new URL("onnxruntime/ort-wasm-simd-threaded", STATIC).href;
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { mjs: `${name}.js`, wasm: `${name}.wasm` };
}

/** @param {URL} address */
async function fetchFile(address) {
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) throw missing(address.href);
  return answer;
}

/** @param {URL} address */
async function fetchBytes(address) {
  return new Uint8Array(await (await fetchFile(address)).arrayBuffer());
}

/** @param {URL} address */
async function fetchJson(address) {
  return (await fetchFile(address)).json();
}

/** @param {string} address */
function missing(address) {
  return new UserError("device-file", { name: address.slice(address.lastIndexOf("/") + 1) });
}
