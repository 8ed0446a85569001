// Models with operators that nobody here knows, and with inputs and outputs that are no tensors: what can be done with them is
// done, what cannot is said by name.
import { describe, expect, test } from '@jest/globals';
import * as worker from 'quantab';
import * as direct from 'quantab/direct';
import { keep } from './keep.mjs';
import {
  CUSTOM,
  customModel,
  functionOf,
  input,
  model,
  node,
  optionalInput,
  output,
  sequenceInput,
  sequenceOutput,
  tensor,
} from './proto.mjs';

const BOOL = 9;
const INT64 = 7;

const pattern = Float32Array.from({ length: 64 }, (_, i) => ((i * 37) % 64) / 32 - 1);
const weight = (name) => tensor(name, [8, 8], Buffer.from(pattern.buffer));
const x = { dtype: 'float32', dims: [1, 8], data: pattern.slice(0, 8) };

const matmul = (from, by, to, name) => node('MatMul', [from, by], [to], name);
const magic = (from, to, name) => node('Magic', [from], [to], name, { domain: CUSTOM });
const around = (...nodes) =>
  customModel([...nodes, weight('w1'), weight('w2'), input('x', [1, 8]), output('y', [1, 8])]);

/** y = Magic(x @ w1) @ w2 */
const between = around(
  matmul('x', 'w1', 'h', 'one'),
  magic('h', 'm', 'magic'),
  matmul('m', 'w2', 'y', 'two'),
);
/** y = Magic(x) @ w1 */
const first = around(magic('x', 'm', 'magic'), matmul('m', 'w1', 'y', 'one'));
/** y = Magic(x @ w1), in a branch. */
const inBranch = around(
  matmul('x', 'w1', 'h', 'one'),
  tensor('c', [], Buffer.from([1]), BOOL),
  node('If', ['c'], ['y'], 'choose', {
    graphs: {
      then_branch: [magic('h', 't', 'magic'), output('t', [1, 8])],
      else_branch: [node('Identity', ['h'], ['e']), output('e', [1, 8])],
    },
  }),
);
/** y = Magic(x @ w1), in a function of the model. */
const inFunction = customModel(
  [
    matmul('x', 'w1', 'h', 'one'),
    node('Wrapped', ['h'], ['y'], 'call', { domain: CUSTOM }),
    weight('w1'),
    input('x', [1, 8]),
    output('y', [1, 8]),
  ],
  [functionOf('Wrapped', ['a'], ['b'], [['Magic', ['a'], ['b'], 'magic', { domain: CUSTOM }]])],
);

const MAGIC = "Unsupported operator: 'Magic' of domain 'com.acme' opset 1 (node 'magic')";
const UNKNOWN = { opType: 'Magic', domain: 'com.acme', opset: 1 };

describe.each([
  ['in a worker', worker],
  ['directly', direct],
])('a custom operator, %s', (_, { openModel }) => {
  const nodesOf = ({ info }) => Object.fromEntries(info.nodes.map((each) => [each.name, each]));

  test('static quantization reaches what comes before it, and says so before it calibrates', async () => {
    const opened = await keep(openModel(between));
    const said = [];
    const quantized = await keep(
      opened.quantizeStatic({
        calibrationData: [{ x }],
        onLog: (level, message) => void said.push(`${level}: ${message}`),
        onProgress: ({ stage }) => void said.push(stage),
      }),
    );
    expect(said[0]).toBe(
      `warning: ${MAGIC}. What comes before it is calibrated and quantized; it and what depends on it stay in float.`,
    );
    expect(said).toContain('calibrate');
    const { one, magic: custom, two } = nodesOf(quantized);
    expect(one.inputs).not.toContain('w1');
    expect(custom).toMatchObject({ opType: 'Magic', domain: CUSTOM, outputs: ['m'] });
    expect(two.inputs).toEqual(['m', 'w2']);
    expect(quantized.info.unsupported).toEqual([{ node: 'magic', ...UNKNOWN }]);
  });

  test('static quantization of what only comes after it is refused', async () => {
    const opened = await keep(openModel(first));
    await expect(opened.quantizeStatic({ calibrationData: [{ x }] })).rejects.toMatchObject({
      code: 'Unsupported',
      message: `${MAGIC}. Nothing that could be quantized comes before it. Use quantize_dynamic, which runs no model.`,
      where: { node: 'magic' },
    });
  });

  test('dynamic quantization reaches the whole model', async () => {
    const opened = await keep(openModel(between));
    const said = [];
    const quantized = await keep(
      opened.quantizeDynamic({ onLog: (level, message) => void said.push([level, message]) }),
    );
    expect(said).toEqual([
      ['warning', `${MAGIC}. The model is quantized all the same, but it cannot run here.`],
    ]);
    expect(quantized.info.operators.map(({ opType }) => opType)).toContain('MatMulInteger');
    expect(quantized.info.operators.map(({ opType }) => opType)).not.toContain('MatMul');
  });

  test('samples can be made up', async () => {
    const opened = await keep(openModel(between));
    expect((await opened.randomSample()).x.dims).toEqual([1, 8]);
  });

  test.each([
    ['among the nodes', between],
    ['in a branch', inBranch],
    ['in a function', inFunction],
  ])('%s, it is named before anything runs', async (_where, bytes) => {
    const opened = await keep(openModel(bytes));
    const [{ node: place, ...rest }, ...others] = opened.info.unsupported;
    expect(place).toMatch(/^magic/);
    expect(rest).toEqual(UNKNOWN);
    expect(others).toEqual([]);
    const refusal = {
      code: 'Unsupported',
      message: expect.stringMatching(/'Magic' of domain 'com.acme' opset 1 \(node 'magic.*'\)/),
    };
    await expect(opened.run({ x })).rejects.toMatchObject(refusal);
    await expect(opened.benchmark()).rejects.toMatchObject(refusal);
    await expect(opened.compare(opened, [{ x }])).rejects.toMatchObject(refusal);
    const quantized = await keep(opened.quantizeStatic({ calibrationData: [{ x }] }));
    expect(nodesOf(quantized).one.inputs).not.toContain('w1');
  });
});

test('each of many operators is named', async () => {
  const many = Array.from({ length: 30 }, (_, i) =>
    node(i < 15 ? 'Same' : `Other${i}`, [i === 0 ? 'x' : `h${i}`], [`h${i + 1}`], `n${i}`, {
      domain: CUSTOM,
    }),
  );
  const ends = [input('x', [1, 8]), output('h30', [1, 8])];
  const opened = await keep(worker.openModel(customModel([...many, ...ends])));
  const { message } = await opened.run({ x }).catch((error) => error);
  expect(message).toMatch(/^Unsupported operators: 'Same' .* opset 1 \(nodes 'n0', 'n1', /);
  expect(message).toMatch(/, 'n9' and 5 more\), 'Other15' of domain/);
  for (let i = 15; i < 30; ++i) expect(message).toContain(`(node 'n${i}')`);
});

describe('values that are no tensors', () => {
  const index = tensor('i', [], Buffer.alloc(8), INT64);
  const taken = model(
    node('SequenceAt', ['s', 'i'], ['y']),
    index,
    sequenceInput('s', [1, 8]),
    output('y', [1, 8]),
  );
  const given = model(
    matmul('x', 'w1', 'h', 'one'),
    node('SequenceConstruct', ['h', 'h'], ['y']),
    weight('w1'),
    input('x', [1, 8]),
    sequenceOutput('y', [1, 8]),
  );
  const maybe = model(
    node('OptionalGetElement', ['o'], ['y']),
    optionalInput('o', [1, 8]),
    output('y', [1, 8]),
  );

  test('the kind of each is told', async () => {
    const kindsOf = async (bytes) => {
      const { info } = await keep(worker.openModel(bytes));
      expect(info.unsupported).toEqual([]);
      return [...info.inputs, ...info.outputs].map(({ kind, dtype }) => `${kind} ${dtype}`);
    };
    expect(await kindsOf(taken)).toEqual(['sequence sequence', 'tensor float32']);
    expect(await kindsOf(given)).toEqual(['tensor float32', 'sequence sequence']);
    expect(await kindsOf(maybe)).toEqual(['optional optional', 'tensor float32']);
  });

  test('a sequence can neither be given nor made up', async () => {
    const opened = await keep(worker.openModel(taken));
    await expect(opened.run({ s: x })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: "Input 's' is a tensor, expected a sequence.",
    });
    const refusal = {
      code: 'Unsupported',
      message:
        "Input 's' is a sequence, for which no random data can be made. Only tensors can be given here.",
      where: { tensor: 's' },
    };
    await expect(opened.randomSample()).rejects.toMatchObject(refusal);
    await expect(opened.benchmark()).rejects.toMatchObject(refusal);
  });

  test('an optional can be given, but not made up', async () => {
    const opened = await keep(worker.openModel(maybe));
    expect((await opened.run({ o: x })).y.data).toEqual(x.data);
    await expect(opened.randomSample()).rejects.toMatchObject({
      code: 'Unsupported',
      message: "Input 'o' is an optional, for which no random data can be made. Give a sample.",
    });
  });

  test('a model that gives a sequence is quantized and timed, but gives none back', async () => {
    const opened = await keep(worker.openModel(given));
    const quantized = await keep(opened.quantizeStatic({ calibrationData: [{ x }] }));
    expect(quantized.info.quantized).toBe(true);
    expect((await quantized.benchmark({ runs: 1, warmup: 0 })).runs).toBe(1);
    await expect(opened.run({ x })).rejects.toMatchObject({
      code: 'Unsupported',
      message: "Output 'y' is a sequence, and only tensors can be given back here.",
    });
  });
});
