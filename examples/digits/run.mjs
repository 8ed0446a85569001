// Quantizes the digit classifier dynamically and statically and prints one table: bytes, held-out accuracy, latency.
// Uses nothing but the public package.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { openModel, Tensor } from 'quantab';
import { readNpy } from 'quantab/samples';

const BENCHMARK_RUNS = 300;

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const load = async (name) => readNpy(await readFile(here(name)));

/** One feed per image of an [N, 1, 8, 8] tensor. */
function feeds(images) {
  const [count, ...dims] = images.dims;
  const size = images.data.length / count;
  return Array.from({ length: count }, (_, i) => ({
    image: new Tensor(images.dtype, [1, ...dims], images.data.slice(i * size, (i + 1) * size)),
  }));
}

/** The share of images whose largest logit is their digit. */
async function accuracy(model, images, labels) {
  const { logits } = await model.run({ image: images });
  const classes = logits.dims[1];
  let right = 0;
  labels.data.forEach((label, i) => {
    const row = logits.data.subarray(i * classes, (i + 1) * classes);
    right += row.indexOf(Math.max(...row)) === label;
  });
  return right / labels.data.length;
}

function print(rows) {
  const [float] = rows;
  const table = [
    ['variant', 'bytes', 'smaller', 'accuracy', 'median latency', 'faster'],
    ...rows.map((row) => [
      row.variant,
      row.bytes.toLocaleString('en'),
      `${(float.bytes / row.bytes).toFixed(2)}x`,
      `${(row.accuracy * 100).toFixed(2)} %`,
      `${row.latency.toFixed(3)} ms`,
      `${(float.latency / row.latency).toFixed(2)}x`,
    ]),
  ];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table) {
    const cells = row.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i])));
    console.log(cells.join('  '));
  }
}

const [calibration, heldout, labels] = await Promise.all(
  ['calibration.npy', 'heldout.npy', 'heldout_labels.npy'].map(load),
);
const float = await openModel(here('digits.onnx'));
const variants = [
  ['float32', float],
  // Unsigned weights: older runtimes have no ConvInteger for signed ones.
  ['dynamic int8', await float.quantizeDynamic({ weightType: 'QUInt8' })],
  [
    'static int8',
    await float.quantizeStatic({
      calibrationData: feeds(calibration),
      activationType: 'QUInt8',
      weightType: 'QInt8',
      perChannel: true,
    }),
  ],
];

const [one] = feeds(heldout);
const rows = [];
for (const [variant, model] of variants) {
  const { median } = await model.benchmark({ runs: BENCHMARK_RUNS, warmup: 50, feeds: one });
  rows.push({
    variant,
    bytes: model.byteLength,
    accuracy: await accuracy(model, heldout, labels),
    latency: median,
  });
}
console.log(
  `Handwritten digits: ${heldout.dims[0]} held-out images, calibrated on ${calibration.dims[0]} others\n`,
);
print(rows);
await Promise.all(variants.map(([, model]) => model.close()));
