// What onnxruntime makes of a file, and how far rounding alone moves it.
import fs from 'node:fs';
import path from 'node:path';

import { peer } from './engines.mjs';
import { jittered } from './jitter.mjs';

const SEEDS = [1, 2, 3, 4];

async function runAll(engine, file, samples) {
  const opened = await engine.open(file);
  try {
    const results = [];
    for (const sample of samples) results.push(await opened.run(sample));
    return results;
  } finally {
    await opened.close();
  }
}

/** The model with its constants moved, in a folder that has the files it refers to. */
function movedCopy(file, seed, scratch) {
  const folder = fs.mkdtempSync(path.join(scratch, 'moved-'));
  const beside = fs.readdirSync(path.dirname(file), { withFileTypes: true });
  for (const { name } of beside.filter(
    (entry) => entry.isFile() && !entry.name.endsWith('.onnx'),
  )) {
    fs.copyFileSync(path.join(path.dirname(file), name), path.join(folder, name));
  }
  const out = path.join(folder, path.basename(file));
  fs.writeFileSync(out, jittered(fs.readFileSync(file), seed));
  return out;
}

/**
 * onnxruntime's outputs for each sample: [{ outputs, plain, moved }]. `plain` are those without optimizations, when each node computes
 * what the file says; `moved`, unless it is a float32 file, those of several copies with their constants moved a little.
 */
export async function reference({ file, kind, sampleFiles }, scratch) {
  const outputs = await runAll(peer(), file, sampleFiles);
  const plain = await runAll(peer({ graphOptimizationLevel: 'disabled' }), file, sampleFiles);
  const copies = [];
  for (const seed of kind === 'float32' ? [] : SEEDS) {
    const copy = movedCopy(file, seed, scratch);
    try {
      copies.push(await runAll(peer(), copy, sampleFiles));
    } finally {
      fs.rmSync(path.dirname(copy), { recursive: true });
    }
  }
  return outputs.map((each, i) => ({
    outputs: each,
    plain: plain[i],
    moved: copies.map((copy) => copy[i]),
  }));
}
