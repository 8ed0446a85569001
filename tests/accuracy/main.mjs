// What each conversion costs in accuracy: the bundled digits, and the photos of ../shared/data where they are.
//
//   node tests/accuracy/main.mjs [--write-docs] [--python FILE]
//
// Through the package, as WebAssembly (plain SIMD). For each conversion its size, the share of right answers, how often its answer is
// the float model's, and the signal-to-noise ratio of its outputs. --write-docs puts the tables into docs/accuracy.md.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openModel, Tensor } from 'quantab/direct';
import { readNpy } from 'quantab/samples';
import { cache, root } from '../../scripts/lib/paths.mjs';
import { Failure, main } from '../../scripts/lib/run.mjs';
import { CONFIGURATIONS } from './configurations.mjs';

const DATA = path.join(root, '..', 'shared', 'data');
const CALIBRATION_PHOTOS = 40;

/** The rows of an array as samples, each a batch of one. */
function samplesOf(input, { dtype, dims: [count, ...dims], data }) {
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => ({
    [input]: new Tensor(dtype, [1, ...dims], data.slice(i * size, (i + 1) * size)),
  }));
}

const load = (file) => readNpy(fs.readFileSync(file));

async function digits() {
  const folder = path.join(root, 'examples', 'digits');
  const [calibration, heldout, labels] = await Promise.all(
    ['calibration', 'heldout', 'heldout_labels'].map((name) =>
      load(path.join(folder, `${name}.npy`)),
    ),
  );
  return {
    title: 'Handwritten digits',
    file: path.join(folder, 'digits.onnx'),
    calibration: samplesOf('image', calibration),
    heldout: samplesOf('image', heldout),
    labels: Array.from(labels.data, Number),
  };
}

async function photos(python, scratch) {
  if (!fs.existsSync(python)) {
    throw new Failure(`'${python}' is missing. 'npm run test:parity' makes it, or give --python.`);
  }
  execFileSync(python, [
    path.join(root, 'tests', 'accuracy', 'images.py'),
    path.join(DATA, 'samples', 'imagenet'),
    scratch,
    String(CALIBRATION_PHOTOS),
  ]);
  return {
    title: 'SqueezeNet 1.1 on ImageNet photos',
    file: path.join(DATA, 'cnn', 'squeezenet1.1_fp32_opset13.onnx'),
    calibration: samplesOf('data_0', await load(path.join(scratch, 'calibration.npy'))),
    heldout: samplesOf('data_0', await load(path.join(scratch, 'heldout.npy'))),
    labels: JSON.parse(fs.readFileSync(path.join(scratch, 'labels.json'), 'utf8')),
  };
}

const best = (scores) => scores.indexOf(Math.max(...scores));

/** The model's answer and scores for each sample. */
async function answers(model, samples) {
  const results = [];
  for (const sample of samples) {
    const [{ data }] = Object.values(await model.run(sample));
    results.push({ answer: best(data), scores: data });
  }
  return results;
}

const share = (list, test) => list.filter(test).length / list.length;

function noiseRatio(reference, results) {
  let signal = 0;
  let noise = 0;
  reference.forEach(({ scores }, i) =>
    scores.forEach((value, j) => {
      signal += value * value;
      noise += (value - results[i].scores[j]) ** 2;
    }),
  );
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
}

async function tableOf({ title, file, calibration, heldout, labels }) {
  const float = await openModel(file, { flavor: 'simd' });
  const reference = await answers(float, heldout);
  const rows = [];
  const add = (name, model, results) =>
    rows.push({
      name,
      bytes: model.byteLength,
      right: share(results, ({ answer }, i) => answer === labels[i]),
      same: share(results, ({ answer }, i) => answer === reference[i].answer),
      decibels: noiseRatio(reference, results),
    });
  add('float32', float, reference);
  for (const [name, make] of CONFIGURATIONS) {
    const model = await make(float, calibration);
    add(name, model, await answers(model, heldout));
    model.close();
    console.error(`${title}: ${name}`);
  }
  float.close();
  const percent = (value) => `${(100 * value).toFixed(1)} %`;
  return [
    `### ${title}`,
    '',
    `${heldout.length} held-out images, ${calibration.length} others for calibration.`,
    '',
    '| conversion | bytes | right answers | same answer as float | SQNR |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows.map(
      ({ name, bytes, right, same, decibels }) =>
        `| ${name} | ${bytes.toLocaleString('en')} | ${percent(right)} | ${percent(same)} | ${Number.isFinite(decibels) ? `${decibels.toFixed(1)} dB` : '–'} |`,
    ),
    '',
  ].join('\n');
}

const BEGIN = '<!-- tables: node tests/accuracy/main.mjs --write-docs -->';
const END = '<!-- end of tables -->';

function writeDocs(text) {
  const file = path.join(root, 'docs', 'accuracy.md');
  const page = fs.readFileSync(file, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Failure(`'${file}' has lost the marks of its tables.`);
  fs.writeFileSync(file, `${page.slice(0, from + BEGIN.length)}\n\n${text}\n${page.slice(to)}`);
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      'write-docs': { type: 'boolean' },
      python: { type: 'string', default: path.join(cache, 'parity-venv', 'bin', 'python') },
    },
  });
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-accuracy-'));
  try {
    const sets = [await digits()];
    if (fs.existsSync(DATA)) sets.push(await photos(values.python, scratch));
    else console.error(`No photos, as '${DATA}' is absent.`);
    const tables = [];
    for (const set of sets) tables.push(await tableOf(set));
    const text = tables.join('\n');
    process.stdout.write(text);
    if (values['write-docs']) writeDocs(text);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
});
