// In the page: the package and onnxruntime-web on the same bytes, sample and thread.
import * as ort from '/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs';
import { openModel } from '/web/package/dist/direct.js';
import { takeTurns } from './rounds.mjs';

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/';

const ARRAYS = {
  float32: Float32Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** [{ quantab, peer }], the median milliseconds of each round. */
globalThis.measure = async ({ model: base64, feeds, count, budget }) => {
  const bytes = bytesOf(base64);
  const ours = {};
  const theirs = {};
  for (const { name, dtype, dims, base64: text } of feeds) {
    const data = new ARRAYS[dtype](bytesOf(text).buffer);
    ours[name] = { dtype, dims, data };
    theirs[name] = new ort.Tensor(dtype, data, dims);
  }
  const model = await openModel(bytes, { threads: 1 });
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['wasm'],
    logSeverityLevel: 3,
  });
  const sides = { quantab: () => model.run(ours), peer: () => session.run(theirs) };
  const results = await takeTurns(sides, { count, budget });
  model.close();
  await session.release();
  return results;
};
