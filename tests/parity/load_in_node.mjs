// Loads every quantized model that `run.py --keep DIR` left in DIR with onnxruntime-node and runs it on its first sample.
//
//   node tests/parity/load_in_node.mjs DIR
//
// DIR holds <n>.onnx with <n>.npz (the sample) and <n>.txt (model and options). The last line is `N passed, N failed`.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import ort from 'onnxruntime-node';

const NPY_TYPES = {
  '<f4': ['float32', Float32Array],
  '<i8': ['int64', BigInt64Array],
  '<i4': ['int32', Int32Array],
  '|u1': ['uint8', Uint8Array],
  '|b1': ['bool', Uint8Array],
};

/** The tensor of a C-ordered .npy. */
function readNpy(bytes) {
  const headerSize = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + headerSize);
  const [name, Values] = NPY_TYPES[/'descr': '([^']+)'/.exec(header)[1]];
  const dims = /'shape': \(([^)]*)\)/
    .exec(header)[1]
    .split(',')
    .filter((d) => d.trim())
    .map(Number);
  const begin = bytes.byteOffset + 10 + headerSize;
  const body = bytes.buffer.slice(begin, bytes.byteOffset + bytes.length);
  return new ort.Tensor(name, new Values(body), dims);
}

/** The arrays of an uncompressed .npz, as tests/parity/npz.py writes it. */
function readNpz(bytes) {
  const feed = {};
  // Local file headers (signature PK\3\4) follow each other; the central directory ends them.
  for (let at = 0; bytes.readUInt32LE(at) === 0x04034b50;) {
    const size = bytes.readUInt32LE(at + 18);
    const nameSize = bytes.readUInt16LE(at + 26);
    const begin = at + 30 + nameSize + bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 30, at + 30 + nameSize);
    feed[name.replace(/\.npy$/, '')] = readNpy(bytes.subarray(begin, begin + size));
    at = begin + size;
  }
  return feed;
}

const folder = process.argv[2];
const models = (await readdir(folder)).filter((name) => name.endsWith('.onnx')).sort();
let failed = 0;
for (const name of models) {
  const base = path.join(folder, name.replace(/\.onnx$/, ''));
  try {
    const session = await ort.InferenceSession.create(`${base}.onnx`, { logSeverityLevel: 4 });
    const feed = readNpz(await readFile(`${base}.npz`).catch(() => Buffer.alloc(4)));
    if (Object.keys(feed).length > 0) {
      await session.run(feed);
    }
    await session.release();
  } catch (error) {
    ++failed;
    const label = (await readFile(`${base}.txt`, 'utf8')).trim();
    console.log(`FAIL  ${label}: ${error.message.split('\n')[0]}`);
  }
}
console.log(`${models.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
