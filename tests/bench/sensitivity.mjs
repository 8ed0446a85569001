// What a sensitivity scan takes: a network of MobileNetV2's size, 16 images, one thread.
//
//   node tests/bench/sensitivity.mjs [--samples N] [--rounds N] [--flavor simd|relaxed]
//
// Prints, for each round, the time of the scan and the time that the float model takes for as many runs as the naive way has
// (each sample once for each node that is measured), and the median of the ratio of the two.
import { parseArgs } from 'node:util';
import { openModel, Tensor } from 'quantab/direct';
import { main } from '../../scripts/lib/run.mjs';
import { mobileNetV2 } from './models/mobilenet_v2.mjs';
import { normals } from './models/network.mjs';

const DIMS = [1, 3, 224, 224];

function image(seed) {
  const normal = normals(seed + 2);
  const data = Float32Array.from({ length: DIMS.reduce((a, b) => a * b) }, normal);
  return { input: new Tensor('float32', DIMS, data) };
}

const seconds = async (work) => {
  const start = performance.now();
  const result = await work();
  return { result, time: (performance.now() - start) / 1000 };
};

await main(async () => {
  const { values } = parseArgs({
    options: {
      samples: { type: 'string', default: '16' },
      rounds: { type: 'string', default: '3' },
      flavor: { type: 'string', default: 'simd' },
    },
  });
  const samples = Array.from({ length: Number(values.samples) }, (_, i) => image(i));
  const model = await openModel(mobileNetV2().bytes, { flavor: values.flavor, threads: 1 });
  const ratios = [];
  console.log(`${samples.length} images of 224 x 224, ${values.rounds} rounds\n`);
  console.log('nodes   scan s   float runs s   ratio');
  for (let round = 0; round < Number(values.rounds); ++round) {
    await model.run(samples[0]);
    const once = await seconds(async () => {
      for (const sample of samples) await model.run(sample);
    });
    const scan = await seconds(() => model.sensitivity({ samples }));
    const nodes = scan.result.nodes.length;
    const naive = nodes * once.time;
    ratios.push(scan.time / naive);
    console.log(
      `${String(nodes).padStart(5)}${scan.time.toFixed(2).padStart(9)}${naive.toFixed(2).padStart(15)}${ratios.at(-1).toFixed(2).padStart(8)}`,
    );
  }
  const median = ratios.toSorted((a, b) => a - b)[ratios.length >> 1];
  const { peakBytes } = await model.memory();
  console.log(
    `\nratio, median: ${median.toFixed(2)}; memory at its peak: ${(peakBytes / 1e6).toFixed(0)} MB`,
  );
  model.close();
});
