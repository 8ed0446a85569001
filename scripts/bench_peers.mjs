// Quantab beside onnxruntime-web in a browser: builds what tests/bench/peers.mjs measures, then runs it. Arguments go to it.
import path from 'node:path';
import { PARTS, SHIPPED, buildPreset } from './lib/builds.mjs';
import { root } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';
import { setup } from './setup.mjs';

await main(async () => {
  await setup(['build', 'test']);
  for (const name of SHIPPED) await PARTS[name]();
  for (const preset of ['wasm-simd', 'wasm-relaxed']) await buildPreset(preset, ['quantab_peaks']);
  const script = path.join('tests', 'bench', 'peers.mjs');
  await run(process.execPath, [script, ...process.argv.slice(2)], { cwd: root });
});
