// Loads every quantized model that `run.py --keep DIR` left in DIR with onnxruntime-node and runs it on its first sample.
//
//   node tests/parity/load_in_node.mjs DIR
//
// DIR holds X.onnx with X.npz (the sample) and X.txt (model and configuration). The last line is `N passed, N failed`.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import ort from 'onnxruntime-node';
import { readNpz } from 'quantab/samples';

/** The feed in an .npz, or null where there is no such file: nothing samples that model. */
async function feedOf(file) {
  if (!existsSync(file)) return null;
  const tensors = Object.entries(await readNpz(await readFile(file)));
  return Object.fromEntries(
    tensors.map(([name, { dtype, dims, data }]) => [name, new ort.Tensor(dtype, data, dims)]),
  );
}

const folder = process.argv[2];
const models = (await readdir(folder)).filter((name) => name.endsWith('.onnx')).sort();
let failed = 0;
for (const name of models) {
  const base = path.join(folder, name.replace(/\.onnx$/, ''));
  try {
    const session = await ort.InferenceSession.create(`${base}.onnx`, { logSeverityLevel: 4 });
    const feed = await feedOf(`${base}.npz`);
    if (feed) await session.run(feed);
    await session.release();
  } catch (error) {
    ++failed;
    const label = (await readFile(`${base}.txt`, 'utf8')).trim();
    console.log(`FAIL  ${label}: ${error.message.split('\n')[0]}`);
  }
}
console.log(`${models.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
