// Prints the size of a module's .wasm and .mjs, raw and compressed, and fails over the budget.
//
//   node scripts/wasm_size.mjs FOLDER NAME...
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { Failure, main } from './lib/run.mjs';

// Per module, .wasm and .mjs together, in bytes. Of it about 1.3 MB is the onnx library with its schemas, 1 MB are operators, 0.6 MB
// is what makes a model of another (quantizers, of weights alone too, float16, folding and fusing), 0.3 MB are kernels, unrolled for speed, each with
// its ways to finish a result, and 0.1 MB is what judges nodes and weights.
const BUDGET = { raw: 4_500_000, gzip: 1_430_000 };

const sizes = (bytes) => ({
  raw: bytes.length,
  gzip: zlib.gzipSync(bytes, { level: 9 }).length,
  brotli: zlib.brotliCompressSync(bytes, {
    params: { [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length,
});

await main(() => {
  const [folder, ...names] = process.argv.slice(2);
  if (!folder || names.length === 0)
    throw new Failure('Usage: node scripts/wasm_size.mjs FOLDER NAME...');
  const columns = ['raw', 'gzip', 'brotli'];
  const row = (label, size) =>
    `${label.padEnd(24)}${columns.map((c) => size[c].toLocaleString('en').padStart(12)).join('')}`;
  process.stdout.write(`${'bytes'.padEnd(24)}${columns.map((c) => c.padStart(12)).join('')}\n`);
  for (const name of names) {
    const total = { raw: 0, gzip: 0, brotli: 0 };
    for (const extension of ['wasm', 'mjs']) {
      const file = `${name}.${extension}`;
      const size = sizes(fs.readFileSync(path.join(folder, file)));
      columns.forEach((c) => (total[c] += size[c]));
      process.stdout.write(`${row(file, size)}\n`);
    }
    for (const [kind, limit] of Object.entries(BUDGET)) {
      if (total[kind] <= limit) continue;
      throw new Failure(
        `'${name}' is ${total[kind]} bytes ${kind === 'raw' ? 'uncompressed' : 'compressed by gzip'}, over its budget of ${limit}. ` +
          'Find what grew, or raise the budget in scripts/wasm_size.mjs with a reason.',
      );
    }
  }
});
