// Calibration beside ONNX Runtime's Python tools: a network of MobileNetV2's size, 64 images, one process at a time.
//
//   node tests/bench/calibrate.mjs [--samples N] [--rounds N] [--methods Entropy,MinMax,...] [--python FILE]
//
// The package runs as WebAssembly in Node, one thread (each flavour that runs here); Python runs natively with as many threads as it
// likes. Prints medians over the rounds, in which the sides take turns, the ratio ours / Python, and the peak of each side's
// memory: of ours the module's, of Python's the process's.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { cache, root } from '../../scripts/lib/paths.mjs';
import { Failure, main } from '../../scripts/lib/run.mjs';
import { mobileNetV2 } from './models/mobilenet_v2.mjs';
import { normals } from './models/network.mjs';

const DIMS = [1, 3, 224, 224];

/** A float32 array as a .npy file. */
function npy(dims, data) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims.join(', ')}), }`;
  const header = `${text.padEnd(117)}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1');
  return Buffer.concat([start, Buffer.from(header), Buffer.from(data.buffer)]);
}

/** Images of smooth blobs, as a network sees them: about zero mean and unit deviation. */
function image(seed) {
  const normal = normals(seed + 2);
  const waves = Array.from({ length: 12 }, () => Array.from({ length: 4 }, normal));
  const [, channels, height, width] = DIMS;
  const data = new Float32Array(channels * height * width);
  for (let i = 0; i < data.length; ++i) {
    const [c, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    let sum = 0;
    for (const [a, b, phase, size] of waves)
      sum += size * Math.sin((a * x + b * y) / 20 + phase + c);
    data[i] = sum / Math.sqrt(waves.length / 2);
  }
  return data;
}

const ourProgram = (model, folder, method, flavor) => `
  import fs from 'node:fs';
  import { openModel, Tensor } from 'quantab/direct';
  const files = fs.readdirSync(${JSON.stringify(folder)}).sort();
  const samples = {
    length: files.length,
    *[Symbol.iterator]() {
      for (const file of files) {
        const bytes = fs.readFileSync(${JSON.stringify(folder)} + '/' + file).subarray(128);
        const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
        yield { input: new Tensor('float32', ${JSON.stringify(DIMS)}, data) };
      }
    },
  };
  const model = await openModel(${JSON.stringify(model)}, { flavor: '${flavor}', threads: 1 });
  const start = performance.now();
  await model.calibrate({ calibrateMethod: '${method}', calibrationData: samples });
  const seconds = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ seconds, ...(await model.memory()) }));
`;

/** The last line a program prints; Python's tools print what they are at as well. */
function ask(program, args) {
  const output = execFileSync(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(output.toString().trim().split('\n').at(-1));
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function measure({ model, folder, method, python, rounds, flavors }) {
  const sides = {
    python: () => ask(python, ['tests/bench/calibrate.py', model, folder, method]),
  };
  for (const flavor of flavors) {
    const source = ourProgram(model, folder, method, flavor);
    sides[flavor] = () => ask(process.execPath, ['--input-type=module', '-e', source]);
  }
  const results = Object.fromEntries(Object.keys(sides).map((side) => [side, []]));
  for (let round = 0; round < rounds; ++round) {
    for (const [side, run] of Object.entries(sides)) results[side].push(run());
  }
  return Object.entries(results).map(([side, all]) => ({
    method,
    side,
    seconds: median(all.map(({ seconds }) => seconds)),
    ratio: median(all.map(({ seconds }, i) => seconds / results.python[i].seconds)),
    megabytes: Math.max(...all.map(({ peakBytes }) => peakBytes)) / 1e6,
  }));
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      samples: { type: 'string', default: '64' },
      rounds: { type: 'string', default: '3' },
      methods: { type: 'string', default: 'Entropy,Percentile,MinMax' },
      flavors: { type: 'string', default: 'simd' },
      python: { type: 'string', default: path.join(cache, 'parity-venv', 'bin', 'python') },
    },
  });
  const { python } = values;
  if (!fs.existsSync(python)) {
    throw new Failure(`'${python}' is missing. 'npm run test:parity' makes it, or give --python.`);
  }
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-calibrate-'));
  try {
    const model = path.join(scratch, 'mobilenet_v2.onnx');
    const folder = path.join(scratch, 'samples');
    fs.writeFileSync(model, mobileNetV2().bytes);
    fs.mkdirSync(folder);
    const count = Number(values.samples);
    for (let i = 0; i < count; ++i) {
      fs.writeFileSync(path.join(folder, `${String(i).padStart(3, '0')}.npy`), npy(DIMS, image(i)));
    }
    console.log(`${count} images of 224 x 224, ${values.rounds} rounds\n`);
    console.log('method       side       median s   ours / Python   peak MB');
    for (const method of values.methods.split(',')) {
      const rounds = Number(values.rounds);
      const flavors = values.flavors.split(',');
      for (const row of measure({ model, folder, method, python, rounds, flavors })) {
        const { side, seconds, ratio, megabytes } = row;
        console.log(
          `${method.padEnd(13)}${side.padEnd(11)}${seconds.toFixed(2).padStart(8)}   ${ratio.toFixed(2).padStart(13)}   ${megabytes.toFixed(0).padStart(7)}`,
        );
      }
    }
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
});
