// What the page uses of ONNX Runtime Web.

export class Tensor {
  constructor(
    type: string,
    data: Float32Array | Int32Array | Uint8Array | BigInt64Array,
    dims: readonly number[],
  );
  readonly type: string;
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

export const InferenceSession: {
  create(
    model: Uint8Array | ArrayBuffer | string,
    options?: Record<string, unknown>,
  ): Promise<Session>;
};

export const env: {
  logLevel: string;
  wasm: {
    numThreads: number;
    proxy: boolean;
    wasmBinary?: ArrayBuffer | Uint8Array;
    wasmPaths?: string | { mjs: string; wasm: string };
  };
};
