// Options of the commands that look for the nodes which do not bear quantization, shown on both command lines.
import { expect } from '@jest/globals';
import fs from 'node:fs';
import { f32, makeModel } from './model_text.mjs';
import { samplesOf, three } from './models.mjs';
import { done, shown } from './programs.mjs';

/** Two layers, and eight scores that sum up to 1. The second layer has a weight that is far larger than the others. */
const scored = {
  model: makeModel({
    nodes: ['h = MatMul(x, w)', 't = Tanh(h)', 'z = MatMul(t, v)', 'y = Softmax(z)'],
    inputs: { x: [1, 4] },
    outputs: { y: [1, 8] },
    weights: {
      w: f32(
        [4, 8],
        Array.from({ length: 32 }, (_, i) => Math.sin(i + 1)),
      ),
      v: f32(
        [8, 8],
        Array.from({ length: 64 }, (_, i) => (i === 9 ? 60 : Math.cos(3 * i))),
      ),
    },
  }),
  samples: samplesOf([1, 4], [-1, 0, 1, 3], [-2, 0.5, 1, 2], [0, 0.25, 0, 2]),
};
const LABELS = '1\n1\n5\n';

const METRICS = {
  cosine: 'cosine',
  kl_divergence: 'klDivergence',
  max_abs_error: 'maxAbsError',
  mean_relative_error: 'meanRelativeError',
  mse: 'mse',
  sqnr_db: 'sqnrDb',
  top1_accuracy: 'top1Accuracy',
  top1_agreement: 'top1Agreement',
  top5_accuracy: 'top5Accuracy',
  top5_agreement: 'top5Agreement',
};

const ON_SAMPLES = ['--calibration-data', 'samples', '--json', '--quiet'];
const NO_TIMING = ['--runs', '0'];

/** What else the command needs; `try` gets a file for it. */
function neededBy({ command, at }) {
  if (command === 'suggest') return ['--target', '40', ...NO_TIMING];
  if (command !== 'try') return [];
  fs.writeFileSync(at('recipes.json'), JSON.stringify({ plain: { quantize_static: {} } }));
  return ['--recipes', 'recipes.json', ...NO_TIMING];
}

/** Runs the command on the samples; it is to end as `ending` says: its result. */
const judgeTo = async (ending, on, ...args) => {
  const { quantab, command } = on;
  const outcome = await quantab(command, 'm.onnx', ...ON_SAMPLES, ...neededBy(on), ...args);
  expect(outcome).toMatchObject(ending);
  return JSON.parse(outcome.stdout);
};
const judge = (on, ...args) => judgeTo(done, on, ...args);
/** What is tried in vain is told by the status too. */
const judgeInPart = (on, ...args) => judgeTo({ status: 1 }, on, ...args);

/** A figure of the model that is quantized by these flags, as 'quantab compare' measures it. */
async function compared({ quantab, at }, key, ...flags) {
  const made = ['static', 'm.onnx', '-o', 'out.onnx', '--calibration-data', 'samples', ...flags];
  expect(await quantab(...made)).toMatchObject(done);
  const given = ['compare', 'm.onnx', 'out.onnx', '--data', 'samples'];
  if (fs.existsSync(at('labels.txt'))) given.push('--labels', 'labels.txt');
  const { stdout } = await quantab(...given, '--json', '--quiet');
  return JSON.parse(stdout).outputs[0][key];
}

/** What all nodes quantized, or the most sensitive one, amount to. */
const figureOf = ({ nodes, quantized, trials }) =>
  (nodes?.[0] ?? quantized ?? trials[0].figures).value;

const metric = Object.entries(METRICS).map(([value, key]) => ({
  ...shown(`nodes are judged by ${value}`, scored, async (programs) => {
    const { at, command } = programs;
    fs.writeFileSync(at('labels.txt'), LABELS);
    const report = await judge(programs, '--metric', value, '--labels', 'labels.txt');
    expect(report.metric).toBe(key);
    const flags = command === 'sensitivity' ? ['--nodes-to-quantize', report.nodes[0].node] : [];
    const figure = figureOf(report);
    expect(figure).toBeCloseTo(await compared(programs, key, ...flags), 4);
  }),
  value,
}));

const labels = shown('accuracy is measured by the labels', scored, async (programs) => {
  const { at, quantab, command } = programs;
  const given = ['--metric', 'top1_accuracy', '--labels', 'labels.txt'];
  const seen = new Set();
  for (const label of [0, 1, 2, 3, 4, 5, 6, 7]) {
    fs.writeFileSync(at('labels.txt'), `${label}\n`.repeat(3));
    seen.add(figureOf(await judge(programs, ...given)));
  }
  expect(seen.size).toBeGreaterThan(1);
  fs.writeFileSync(at('labels.txt'), '1\n');
  const needed = neededBy(programs);
  expect(await quantab(command, 'm.onnx', ...ON_SAMPLES, ...needed, ...given)).toMatchObject({
    status: 1,
    stderr: "'labels.txt' has 1 labels, but there are 3 samples. Give one label for each sample.\n",
  });
});

const recipe = shown('quantization is that of the file', scored, async (programs) => {
  const { at } = programs;
  const nodes = (report) => (report.nodes ?? report.kept).map(({ node }) => node);
  expect(nodes(await judge(programs))).toContain('z');
  const excluding = { quantize_static: { nodes_to_exclude: ['z'] } };
  fs.writeFileSync(at('r.json'), JSON.stringify(excluding));
  expect(nodes(await judge(programs, '--recipe', 'r.json'))).not.toContain('z');
});

const calibrationData = shown(
  'nodes are judged on the samples in the folder',
  three,
  async (on) => {
    const { quantab, command } = on;
    expect(await quantab(command, 'm.onnx', ...neededBy(on))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/'--calibration-data' is missing/),
    });
    const report = await judge(on);
    if (command === 'suggest') expect(report.considered).toBe(1);
    else if (command === 'try') expect(report.trials[0].error).toBeNull();
    else expect(report).toMatchObject({ samples: 3, nodes: [{ node: 'y', opType: 'MatMul' }] });
  },
);

const target = shown('nodes are kept until the value is met', scored, async ({ quantab }) => {
  const suggest = async (value) => {
    const given = ['--target', value, '--max-trials', '10', ...NO_TIMING];
    return JSON.parse((await quantab('suggest', 'm.onnx', ...ON_SAMPLES, ...given)).stdout);
  };
  expect(await suggest('-100')).toMatchObject({ met: true, target: -100, kept: [], trials: 1 });
  const { quantized } = await suggest('-100');
  const better = await suggest(String(quantized.value + 3));
  expect(better.met).toBe(true);
  expect(better.kept.length).toBeGreaterThan(0);
  expect(better.suggested.value).toBeGreaterThanOrEqual(quantized.value + 3);
});

const maxTrials = shown('no more models are tried', scored, async (on) => {
  expect(await judge(on, '--target', '1000')).toMatchObject({ complete: true });
  const short = await judge(on, '--target', '1000', '--max-trials', '2');
  expect(short).toMatchObject({ trials: 2, complete: false });
});

/** What is quantized of the suggested model, by its type: constants are named after what they are of. */
const remedies = {
  float: ({ types, weights }) => {
    expect(types).not.toContain('int16');
    expect(weights.v.dtype).toBe('float32');
  },
  '16-bit': ({ types, weights }) => {
    expect(types).toContain('int16');
    expect(weights.v_quantized.dtype).toBe('int8');
  },
};
const remedy = Object.entries(remedies).map(([value, check]) => ({
  ...shown(`nodes are helped by ${value}`, scored, async (on) => {
    const found = await judge(on, '--remedy', value, '-o', 'suggested.onnx');
    expect(found.remedy).toBe(value);
    expect(found.suggested.value).toBeGreaterThan(found.quantized.value);
    const { weights } = on.read('suggested.onnx');
    check({ weights, types: Object.values(weights).map(({ dtype }) => dtype) });
  }),
  value,
}));

const formsOf = ({ original, quantized, suggested, trials }) =>
  suggested !== undefined
    ? [original, quantized, suggested]
    : [original, ...trials.map(({ figures }) => figures)];

const runs = shown('models are timed so often', scored, async (on) => {
  const untimed = formsOf(await judge(on));
  for (const { latency } of untimed) expect(latency).toBeNull();
  const timed = formsOf(await judge(on, '--runs', '3'));
  expect(timed).toHaveLength(untimed.length);
  for (const { latency } of timed) expect(latency.runs).toBe(3);
});

const recipes = shown('each recipe of the file is tried', scored, async (on) => {
  const { at, quantab } = on;
  const given = {
    plain: { quantize_static: {} },
    wrong: { quantize_static: { nope: 1 } },
    fine: { quantize_static: { per_channel: true, nodes_to_exclude: ['z'] } },
  };
  fs.writeFileSync(at('r.json'), JSON.stringify(given));
  const { trials } = await judgeInPart(on, '--recipes', 'r.json');
  expect(trials.map(({ name }) => name)).toEqual(Object.keys(given));
  expect(trials.map((trial) => trial.recipe)).toEqual(Object.values(given));
  const [plain, wrong, fine] = trials;
  expect(wrong).toMatchObject({ figures: null, best: false });
  expect(wrong.error.message).toContain("'nope'");
  expect(plain.figures.value).toBeCloseTo(await compared(on, 'sqnrDb'), 4);
  expect(fine.figures.value).toBeGreaterThan(plain.figures.value);
  expect(plain.figures.bytes).toBe(fs.statSync(at('out.onnx')).size);
  expect(fine.best).toBe(true);
  expect(plain.best).toBe(plain.figures.bytes < fine.figures.bytes);

  fs.writeFileSync(at('r.json'), JSON.stringify(Object.values(given)));
  const listed = await judgeInPart(on, '--recipes', 'r.json');
  expect(listed.trials.map(({ name }) => name)).toEqual(['1', '2', '3']);
  fs.writeFileSync(at('r.json'), '7');
  expect(await quantab('try', 'm.onnx', ...ON_SAMPLES, '--recipes', 'r.json')).toMatchObject({
    status: 1,
    stderr: 'These are no recipes. Give a JSON object of recipes by name, or an array of them.\n',
  });
});

const output = shown('the suggested model is written', scored, async (on) => {
  const { suggested, kept } = await judge(on, '-o', 'suggested.onnx');
  expect(fs.statSync(on.at('suggested.onnx')).size).toBe(suggested.bytes);
  expect(kept.map(({ node }) => node)).toContain('z');
  expect(on.read('suggested.onnx').weights.v.dtype).toBe('float32');
});

const printRecipe = shown('the recipe follows, and makes the model', scored, async (on) => {
  const { at, quantab } = on;
  expect(await judge(on)).not.toHaveProperty('recipe');
  const found = await judge(on, '-o', 'suggested.onnx', '--print-recipe');
  expect(found.recipe.quantize_static.nodes_to_exclude).toContain('z');
  expect(found.python).toContain('quantize_static(');
  fs.writeFileSync(at('r.json'), JSON.stringify(found.recipe));
  const given = ['-o', 'again.onnx', '--calibration-data', 'samples', '--recipe', 'r.json'];
  expect(await quantab('static', 'm.onnx', ...given)).toMatchObject(done);
  expect(fs.readFileSync(at('again.onnx'))).toEqual(fs.readFileSync(at('suggested.onnx')));
});

/** By command and option, but for `preprocess`. */
export const judging = {
  sensitivity: { calibration_data: calibrationData, recipe, metric, labels },
  try: { calibration_data: calibrationData, recipes, metric, labels, runs },
  suggest: {
    calibration_data: calibrationData,
    recipe,
    metric,
    target,
    remedy,
    labels,
    max_trials: maxTrials,
    runs,
    output,
    print_recipe: printRecipe,
  },
};
