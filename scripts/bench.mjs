// Benchmarks: kernels (Google Benchmark, natively and as WebAssembly), then whole models through the
// package. Further arguments go to Google Benchmark.
//
//   npm run bench                  npm run bench -- --benchmark_filter=gemm
import fs from 'node:fs';
import path from 'node:path';
import { PARTS, SHIPPED, buildPreset } from './lib/builds.mjs';
import { relaxedNode } from './lib/node.mjs';
import { root } from './lib/paths.mjs';
import { Failure, capture, main, run, say } from './lib/run.mjs';
import { setup } from './setup.mjs';

// Everything compiled well before the first call, so that no part of it is measured. They are V8's, which may drop them.
const NODE_FLAGS = ['--no-liftoff', '--no-wasm-lazy-compilation', '--no-wasm-async-compilation'];

/** A run of the benchmarks as WebAssembly in `node`, by those flags that it knows; says what it means that it lacks others. */
function inNode(node, preset) {
  const known = NODE_FLAGS.filter((flag) => capture(node, [flag, '--eval', '']) !== null);
  const lacking = NODE_FLAGS.filter((flag) => !known.includes(flag));
  if (lacking.length > 0) {
    say(`'${node}' lacks ${lacking.join(', ')}: its figures may count the compiling too`);
  }
  return [node, ...known, `build/${preset}/quantab_bench.cjs`];
}

const RUNS = [
  { preset: 'release', command: () => ['build/release/quantab_bench'] },
  { preset: 'wasm-simd', command: () => inNode(process.execPath, 'wasm-simd') },
  { preset: 'wasm-relaxed', command: () => inNode(relaxedNode(), 'wasm-relaxed') },
];

await main(async () => {
  const flags = process.argv.slice(2);
  await setup(['build', 'test', 'bench']);
  for (const name of SHIPPED) await PARTS[name]();
  for (const { preset, command } of RUNS) {
    await buildPreset(preset, ['quantab_bench'], ['-DQUANTAB_BENCH=ON']);
    const [program, ...args] = command();
    const file = path.join(root, args.at(-1) ?? program);
    if (!fs.existsSync(file)) throw new Failure(`'${path.relative(root, file)}' was not built.`);
    say(`Kernels, ${preset}`);
    await run(program, [...args, ...flags], { cwd: root });
  }
  say('Whole models, beside ONNX Runtime');
  await run(process.execPath, [path.join('tests', 'bench', 'models.mjs')], { cwd: root });
});
