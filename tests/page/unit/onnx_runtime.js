// ONNX Runtime Web in Node.js, as the page has it.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import * as ort from "../../../src/wince/server/static/onnxruntime/ort.wasm.min.js";

const FOLDER = new URL("../../../src/wince/server/static/onnxruntime/", import.meta.url);
const NAME = "ort-wasm-simd-threaded";

ort.env.logLevel = "error";
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = gunzipSync(readFileSync(new URL(`${NAME}.wasm.gz`, FOLDER)));
ort.env.wasm.wasmPaths = { mjs: new URL(`${NAME}.js`, FOLDER).href };

export { ort };
