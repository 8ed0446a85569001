// In the page: the package and onnxruntime-web on the same bytes, inputs and number of threads.
import * as ort from '/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs';
import { openModel } from '/web/package/dist/direct.js';
import { takeTurns } from '../models/rounds.mjs';

// The memory of every module of the peer's, to see how large it becomes: what is made while the peer's is opened.
const memories = new Set();
let peerOpens = false;
const { Memory } = WebAssembly;
WebAssembly.Memory = class extends Memory {
  constructor(descriptor) {
    super(descriptor);
    if (peerOpens) memories.add(this);
  }
};
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...args) => {
  const made = await instantiate(...args);
  for (const value of Object.values((made.instance ?? made).exports)) {
    if (peerOpens && value instanceof Memory) memories.add(value);
  }
  return made;
};

const bytesAt = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());

function configure(threads) {
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/';
}

async function openPeer(bytes) {
  peerOpens = true;
  const options = { executionProviders: ['wasm'], logSeverityLevel: 3 };
  const session = await ort.InferenceSession.create(bytes, options);
  peerOpens = false;
  return session;
}

/** Milliseconds from nothing to a model that can run: { quantab, peer }. For the first call in a page. */
globalThis.startUp = async ({ address, threads, flavor }) => {
  configure(threads);
  const bytes = await bytesAt(address);
  const times = {};
  let begin = performance.now();
  const model = await openModel(bytes, { flavor, threads });
  times.quantab = performance.now() - begin;
  begin = performance.now();
  const session = await openPeer(bytes);
  times.peer = performance.now() - begin;
  model.close();
  await session.release();
  return times;
};

/** { rounds: [{ quantab, peer }], memory: { quantab, peer } }: median milliseconds of each round, and bytes. */
globalThis.measure = async ({ address, threads, flavor, count, budget }) => {
  configure(threads);
  const bytes = await bytesAt(address);
  const model = await openModel(bytes, { flavor, threads });
  const ours = await model.randomSample(7);
  const theirs = Object.fromEntries(
    Object.entries(ours).map(([name, { dtype, data, dims }]) => [
      name,
      new ort.Tensor(dtype, data, dims),
    ]),
  );
  const session = await openPeer(bytes);
  const sides = { quantab: () => model.run(ours), peer: () => session.run(theirs) };
  const results = await takeTurns(sides, { count, budget });
  const { peakBytes } = await model.memory();
  const peer = Math.max(0, ...[...memories].map(({ buffer }) => buffer.byteLength));
  model.close();
  await session.release();
  return { rounds: results, memory: { quantab: peakBytes, peer } };
};

/** Rounds of { quantab, float }: the model and its float32 original, both by Quantab, in turns. */
globalThis.measureBesideFloat = async ({ address, float, threads, flavor, count, budget }) => {
  const open = async (from) => openModel(await bytesAt(from), { flavor, threads });
  const model = await open(address);
  const original = await open(float);
  const feeds = await model.randomSample(7);
  const sides = { quantab: () => model.run(feeds), float: () => original.run(feeds) };
  const results = await takeTurns(sides, { count, budget });
  model.close();
  original.close();
  return results;
};

/** Multiply-adds in a second of each instruction, at their most: { dot8, dot16, float }; what the module lacks is absent. */
globalThis.peaks = async (address) => {
  const { instance } = await instantiate(await bytesAt(address), {});
  const { exports } = instance;
  const ROUNDS = 2_000_000;
  const fastest = (run, perRound) => {
    let best = Infinity;
    for (let i = 0; i < 15; ++i) {
      const begin = performance.now();
      run();
      best = Math.min(best, performance.now() - begin);
    }
    return (perRound * ROUNDS) / (best / 1000);
  };
  return {
    dot8:
      exports.dot8 &&
      fastest(() => exports.dot8(ROUNDS, 0x01020304, 0x05060708), exports.dot8_multiply_adds()),
    dot16: fastest(() => exports.dot16(ROUNDS, 3, 0x00050006), exports.dot16_multiply_adds()),
    float: fastest(() => exports.multiply_add(ROUNDS, 0.5, 1.25), exports.float_multiply_adds()),
  };
};
