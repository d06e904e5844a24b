// Open ONNX files with ONNX Runtime Web. The runtime itself is given, because the page and the tests
// in Node.js load it from different places. Mirrors src/wince/onnx_session.py.

/**
 * @typedef {object} Runtime ONNX Runtime Web.
 * @property {typeof import("../../onnxruntime/ort.wasm.min.js").Tensor} Tensor
 * @property {typeof import("../../onnxruntime/ort.wasm.min.js").InferenceSession} InferenceSession
 *
 * @typedef {{ data: Float32Array, dims: readonly number[] }} Values
 * @typedef {{ data: Float32Array | Uint8Array, dims: readonly number[] }} Input
 *
 * @typedef {object} Session
 * @property {(inputs: Record<string, Input>) => Promise<Record<string, Values>>} run
 *   Returns the values of each output by its name.
 * @property {() => Promise<void>} release
 */

/**
 * Return a session for an ONNX file.
 *
 * @param {Runtime} ort
 * @param {Uint8Array} model The bytes of the file.
 * @returns {Promise<Session>}
 */
export async function openSession(ort, model) {
  const options = { executionProviders: ["wasm"], logSeverityLevel: 3 };
  const session = await ort.InferenceSession.create(model, options);
  return {
    run(inputs) {
      const feeds = Object.entries(inputs).map(([name, { data, dims }]) => [
        name,
        new ort.Tensor(data instanceof Uint8Array ? "uint8" : "float32", data, dims),
      ]);
      return session.run(Object.fromEntries(feeds));
    },
    release: () => session.release(),
  };
}
