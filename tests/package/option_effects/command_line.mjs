// Options that the command lines alone have, shown on both of them.
import { expect } from '@jest/globals';
import fs from 'node:fs';
import { openModel } from 'quantab';
import { readNpy } from 'quantab/samples';
import { keep } from '../keep.mjs';
import { judging } from './judging.mjs';
import { mixedPrecision } from './mixed_precision.mjs';
import { f32, makeModel } from './model_text.mjs';
import { normalizedConv, product, samplesOf, three } from './models.mjs';
import { done, shown } from './programs.mjs';

const SAMPLES = { static: ['--calibration-data', 'samples'] };
/** Arguments that make out.onnx of m.onnx. */
const toOut = (command) => [command, 'm.onnx', '-o', 'out.onnx', ...(SAMPLES[command] ?? [])];

const output = shown('where the model is written', product, async ({ quantab, read, command }) => {
  const given = [command, 'm.onnx', ...(SAMPLES[command] ?? [])];
  expect(await quantab(...given)).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/'--output' is missing/),
  });
  for (const flag of ['--output', '-o']) {
    expect(await quantab(...given, flag, `${command}${flag}.onnx`)).toMatchObject(done);
    expect(read(`${command}${flag}.onnx`).outputs).toHaveProperty('y');
  }
});

/** A recipe for each command, and what must come of it. */
const RECIPES = {
  dynamic: ['quantize_dynamic', { per_channel: true }],
  static: ['quantize_static', { per_channel: true }],
  nbits: ['quantize_matmul_nbits', { bits: 8 }],
  bnb4: ['quantize_matmul_bnb4', { block_size: 16 }],
  float16: ['convert_float_to_float16', { keep_io_types: true }],
  preprocess: ['quant_pre_process', { opset_version: 21 }],
};
/** What is called in Python where that has another name. */
const CALLED = { nbits: 'MatMulNBitsQuantizer', bnb4: 'MatMulBnb4Quantizer' };
const FOLLOWED = {
  dynamic: (graph) => expect(graph.quantization('w').scale).toHaveLength(2),
  static: (graph) => expect(graph.quantization('w').scale).toHaveLength(2),
  nbits: (graph) => expect(graph.weights.w_Q8.dtype).toBe('uint8'),
  bnb4: (graph) => expect(graph.maker('y').attributes.block_size).toBe(16),
  float16: (graph) => expect(graph.inputs.x.dtype).toBe('float32'),
  preprocess: (graph) => expect(graph.opsets['']).toBe(21),
};

const recipe = shown(
  'options are taken from the file',
  product,
  async ({ quantab, at, read, command }) => {
    const [method, options] = RECIPES[command];
    fs.writeFileSync(at('r.json'), JSON.stringify({ [method]: options }));
    expect(await quantab(...toOut(command))).toMatchObject(done);
    expect(() => FOLLOWED[command](read('out.onnx'))).toThrow();
    expect(await quantab(...toOut(command), '--recipe', 'r.json')).toMatchObject(done);
    FOLLOWED[command](read('out.onnx'));
  },
);

const printRecipe = shown(
  'the recipe, and Python, follow the result',
  product,
  async ({ quantab, command }) => {
    const [method, options] = RECIPES[command];
    const flags = Object.entries(options).map(
      ([name, value]) => `--${name.replaceAll('_', '-')}=${value}`,
    );
    const { stdout } = await quantab(...toOut(command), ...flags, '--json', '--print-recipe');
    const printed = JSON.parse(stdout);
    expect(printed.recipe).toEqual({ [method]: options });
    expect(printed.python).toContain(`${CALLED[command] ?? method}(`);
    const plain = await quantab(...toOut(command), ...flags, '--json');
    expect(JSON.parse(plain.stdout)).not.toHaveProperty('recipe');
  },
);

/** A weight that is over 1024 bytes in 4 bits. */
const large = {
  model: makeModel({
    nodes: ['y = MatMul(x, w)'],
    inputs: { x: [1, 64] },
    outputs: { y: [1, 64] },
    weights: { w: f32([64, 64], Array(4096).fill(1)) },
  }),
  samples: samplesOf([1, 64], Array(64).fill(1)),
};

const useExternalDataFormat = shown(
  'weights are in a second file',
  large,
  async ({ quantab, at, read, command }) => {
    expect(await quantab(...toOut(command))).toMatchObject(done);
    const whole = fs.statSync(at('out.onnx')).size;
    expect(fs.existsSync(at('out.onnx.data'))).toBe(false);
    expect(await quantab(...toOut(command), '--use-external-data-format')).toMatchObject(done);
    const external = Object.values(read('out.onnx').weights).filter((each) => each.external);
    expect(external).toHaveLength(1);
    const bytes = { float32: 4, float16: 2, int8: 1, uint8: 0.5 }[external[0].dtype] * 4096;
    expect(fs.statSync(at('out.onnx.data')).size).toBeGreaterThanOrEqual(bytes);
    expect(fs.statSync(at('out.onnx')).size).toBeLessThan(whole - 0.9 * bytes);
  },
);

const preProcess = shown(
  'the BatchNormalization is fused first',
  { ...normalizedConv, samples: samplesOf([1, 1, 2, 2], [-1, 0, 1, 3]) },
  async ({ quantab, read, command }) => {
    expect(await quantab(...toOut(command))).toMatchObject(done);
    expect(read('out.onnx').count('BatchNormalization')).toBe(1);
    expect(await quantab(...toOut(command), '--pre-process')).toMatchObject(done);
    expect(read('out.onnx').count('BatchNormalization')).toBe(0);
    expect(read('out.onnx').metadata['onnx.quant.pre_process']).toBe('onnxruntime.quant');
  },
);

const calibrationData = shown(
  'ranges are those of the samples in the folder',
  product,
  async ({ quantab, read }) => {
    expect(await quantab('static', 'm.onnx', '-o', 'out.onnx')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/'--calibration-data' is missing/),
    });
    expect(await quantab(...toOut('static'))).toMatchObject(done);
    expect(read('out.onnx').quantization('x').scale).toBe(Math.fround(4 / 255));
  },
);

const calibrationCachePath = shown(
  'ranges are written to the file, and read from it the next time',
  product,
  async ({ quantab, at, read }) => {
    const cache = ['--calibration-cache-path', 'ranges.txt'];
    expect(await quantab(...toOut('static'), ...cache)).toMatchObject(done);
    const text = fs.readFileSync(at('ranges.txt'), 'utf8');
    expect(text).toContain('\n-1 3 x\n');
    fs.writeFileSync(at('ranges.txt'), text.replace('-1 3 x', '-7 3 x'));
    expect(await quantab('static', 'm.onnx', '-o', 'out.onnx', ...cache)).toMatchObject(done);
    expect(read('out.onnx').quantization('x').scale).toBe(Math.fround(10 / 255));
  },
);

const calibrationTable = shown(
  'a tensor has the larger end of its range in each of the three tables',
  product,
  async ({ quantab, at }) => {
    expect(await quantab(...toOut('static'))).toMatchObject(done);
    expect(fs.existsSync(at('tables'))).toBe(false);
    const given = ['--calibration-table', 'tables'];
    expect(await quantab(...toOut('static'), ...given)).toMatchObject(done);
    const read = (name) => fs.readFileSync(at(`tables/calibration.${name}`), 'latin1');
    expect(read('cache')).toBe('x 3.0\ny 0.5\n');
    expect(JSON.parse(read('json')).data.x.highest.data).toEqual([3]);
    expect(read('flatbuffers')).toContain('3.0');
  },
);

/** What takes the samples of the folder 'tables'. */
const ON_TABLES = {
  static: ['static', 'm.onnx', '-o', 'out.onnx', '--calibration-data', 'tables'],
  float16: ['float16', 'm.onnx', '-o', 'out.onnx', '--calibration-data', 'tables'],
  compare: ['compare', 'm.onnx', 'm.onnx', '--data', 'tables'],
  layers: ['layers', 'm.onnx', 'm.onnx', '--calibration-data', 'tables'],
  sensitivity: ['sensitivity', 'm.onnx', '--calibration-data', 'tables'],
  suggest: ['suggest', 'm.onnx', '--target', '1', '--calibration-data', 'tables'],
  try: ['try', 'm.onnx', '--recipes', 'recipes.json', '--calibration-data', 'tables'],
  bench: ['bench', 'm.onnx', '--runs', '1', '--data', 'tables'],
};

const preprocess = shown(
  'the columns of a table that are inputs are those that the file names',
  product,
  async ({ quantab, isNative, at, command }) => {
    fs.mkdirSync(at('tables'));
    fs.writeFileSync(at('tables/t.csv'), 'label,a,b,c,d\n100,-1,0,1,3\n');
    const x = { kind: 'tensor', columns: ['a', 'b', 'c', 'd'] };
    fs.writeFileSync(at('p.json'), JSON.stringify({ inputs: { x } }));
    fs.writeFileSync(at('recipes.json'), JSON.stringify([{ quantize_static: {} }]));
    const given = ON_TABLES[command];
    expect(await quantab(...given)).toMatchObject({ status: 1 });
    const outcome = await quantab(...given, '--preprocess', 'p.json');
    if (isNative) {
      expect(outcome).toMatchObject({ status: 2, stderr: expect.stringContaining('npx quantab') });
    } else expect(outcome).toMatchObject(done);
  },
);

/** A model whose activations are as large as its input. */
const rows = (count) => ({
  model: makeModel({
    nodes: ['r = Relu(x)', 'y = Exp(r)'],
    inputs: { x: ['n', 4] },
    outputs: { y: ['n', 4] },
  }),
  samples: samplesOf([count, 4], Array(4 * count).fill(1)),
});

const conversion = {
  output,
  recipe,
  print_recipe: printRecipe,
  use_external_data_format: useExternalDataFormat,
};

/** By command and option. */
export const commandLine = {
  dynamic: { ...conversion, pre_process: preProcess },
  static: {
    ...conversion,
    pre_process: preProcess,
    calibration_data: calibrationData,
    preprocess,
    calibration_cache_path: calibrationCachePath,
    calibration_table: calibrationTable,
  },
  nbits: { ...conversion, pre_process: preProcess },
  bnb4: { ...conversion, pre_process: preProcess },
  float16: { ...conversion, ...mixedPrecision, preprocess, pre_process: preProcess },
  preprocess: conversion,
  inspect: {
    nodes: shown('nodes are listed', product, async ({ quantab }) => {
      const line = "#0 MatMul 'y': x, w -> y\n";
      expect((await quantab('inspect', 'm.onnx')).stdout).not.toContain(line);
      expect((await quantab('inspect', 'm.onnx', '--nodes')).stdout).toContain(line);
    }),
  },
  ops: {},
  run: {
    input: shown('the model runs on the file', product, async ({ quantab, at }) => {
      const missing = await quantab('run', 'm.onnx', '--output-dir', 'out');
      expect(missing).toMatchObject({ status: 1, stderr: expect.stringContaining("'x'") });
      const given = ['--input', 'x=samples/0.npy', '--output-dir', 'out'];
      expect(await quantab('run', 'm.onnx', ...given)).toMatchObject(done);
      expect(Array.from(readNpy(fs.readFileSync(at('out/y.npy'))).data)).toEqual([-0.75, 0.5]);
    }),
    output_dir: shown('outputs are files there', product, async ({ quantab, at }) => {
      const given = ['--input', 'x=samples/0.npy', '--output-dir', 'a/b'];
      expect(await quantab('run', 'm.onnx', ...given)).toMatchObject(done);
      expect(fs.readdirSync(at('a/b'))).toEqual(['y.npy']);
    }),
  },
  compare: {
    preprocess,
    data: shown('models are compared on the samples in the folder', three, async ({ quantab }) => {
      const given = ['compare', 'm.onnx', 'm.onnx', '--json'];
      expect(await quantab(...given)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/'--data' is missing/),
      });
      const { samples, outputs } = JSON.parse(
        (await quantab(...given, '--data', 'samples')).stdout,
      );
      expect([samples, outputs[0].elements, outputs[0].mse]).toEqual([3, 6, 0]);
    }),
    labels: shown('accuracy is measured by the labels', three, async ({ quantab, at }) => {
      const given = ['compare', 'm.onnx', 'm.onnx', '--data', 'samples', '--json'];
      const accuracy = async (...more) =>
        JSON.parse((await quantab(...given, ...more)).stdout).outputs[0].top1Accuracy;
      expect(await accuracy()).toBeUndefined();
      fs.writeFileSync(at('labels.tsv'), '2\t1\n0\t0\n1\t0\n');
      const first = await accuracy('--labels', 'labels.tsv');
      fs.writeFileSync(at('labels.tsv'), '1\n1\n0\n');
      expect(first + (await accuracy('--labels', 'labels.tsv'))).toBeCloseTo(1);
      fs.writeFileSync(at('labels.tsv'), '1\n0\n');
      expect(await quantab(...given, '--labels', 'labels.tsv')).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(
          "'labels.tsv' has 2 labels, but there are 3 samples. Give one label for each sample.",
        ),
      });
    }),
  },
  layers: {
    preprocess,
    calibration_data: shown(
      'layers are compared on the samples in the folder',
      three,
      async ({ quantab }) => {
        expect(await quantab(...toOut('dynamic'))).toMatchObject(done);
        const given = ['layers', 'm.onnx', 'out.onnx', '--json'];
        expect(await quantab(...given)).toMatchObject({
          status: 2,
          stderr: expect.stringMatching(/'--calibration-data' is missing/),
        });
        const { samples, layers, weights } = JSON.parse(
          (await quantab(...given, '--calibration-data', 'samples')).stdout,
        );
        expect([samples, layers.map(({ name }) => name)]).toEqual([3, ['y', 'x']]);
        expect(weights).toMatchObject([{ name: 'w', nodes: ['y'], bytesBefore: 32 }]);
      },
    ),
  },
  sensitivity: { ...judging.sensitivity, preprocess },
  suggest: { ...judging.suggest, preprocess },
  try: { ...judging.try, preprocess },
  bench: {
    preprocess,
    runs: shown('so many runs are counted', product, async ({ quantab }) => {
      const { stdout } = await quantab('bench', 'm.onnx', '--runs', '3', '--json');
      expect(JSON.parse(stdout).models[0].runs).toBe(3);
    }),
    warmup: shown('so many runs come before', product, async ({ quantab }) => {
      const given = ['bench', 'm.onnx', '--runs', '2'];
      for (const [warmup, total] of [
        ['0', 2],
        ['5', 7],
      ]) {
        const { stderr } = await quantab(...given, '--warmup', warmup);
        expect(stderr).toContain(`\nbenchmark ${total}/${total}\n`);
      }
    }),
    profile: shown('nodes are listed with their times', product, async ({ quantab }) => {
      const given = ['bench', 'm.onnx', '--runs', '3'];
      const plain = await quantab(...given, '--json');
      expect(JSON.parse(plain.stdout).models[0]).not.toHaveProperty('profile');
      const { stdout } = await quantab(...given, '--profile', '--json');
      const { profile } = JSON.parse(stdout).models[0];
      expect(profile).toMatchObject({ runs: 3, nodes: [{ opType: 'MatMul', share: 1 }] });
      expect(profile.nodes[0].kernels).toEqual([expect.stringMatching(/^f32_gemm_/)]);
      expect((await quantab(...given, '--profile')).stdout).toMatch(
        /\nm\.onnx\nnode .*\n.* MatMul /,
      );
    }),
    data: shown('the model runs on the first sample', rows(100), async ({ quantab }) => {
      const peak = async (...args) =>
        JSON.parse((await quantab('bench', 'm.onnx', '--runs', '1', '--json', ...args)).stdout)
          .models[0].peakActivationBytes;
      expect(await peak('--data', 'samples')).toBeGreaterThanOrEqual(100 * 4 * 4);
      expect(await peak()).toBeLessThan(100 * 4 * 4);
    }),
  },
};

/** Of every command. */
export const common = {
  json: shown('the result is JSON', product, async ({ quantab, at }) => {
    const { stdout } = await quantab('inspect', 'm.onnx', '--json');
    const model = await keep(openModel(at('m.onnx')));
    expect(JSON.parse(stdout)).toEqual({ ...model.info, name: 'm.onnx' });
  }),
  threads: shown('so many compute', product, async ({ quantab }) => {
    for (const threads of [1, 2]) {
      const args = ['bench', 'm.onnx', '--runs', '1', '--json', '--threads', `${threads}`];
      expect(JSON.parse((await quantab(...args)).stdout).threads).toBe(threads);
    }
  }),
  quiet: shown('no progress is printed', product, async ({ quantab }) => {
    expect((await quantab(...toOut('dynamic'))).stderr).toMatch(/^read .*\n(.*\n)*quantize /);
    expect((await quantab(...toOut('dynamic'), '--quiet')).stderr).toBe('');
  }),
  help: shown('the text is printed, and nothing done', product, async ({ quantab, at }) => {
    const { stdout } = await quantab(...toOut('dynamic'), '--help');
    expect(stdout).toMatch(/^Quantize weights now .*\n\nUsage: quantab dynamic MODEL/);
    expect(fs.existsSync(at('out.onnx'))).toBe(false);
  }),
};
