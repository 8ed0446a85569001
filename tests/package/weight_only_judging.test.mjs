// Judging models whose weights are quantized alone: layers, histograms, sensitivity, and what to keep in float.
import { describe, expect, test } from '@jest/globals';
import { openers } from './entries.mjs';
import { keep } from './keep.mjs';
import { hex } from './lib.mjs';
import { BAD, BAD_NODE, COUNT, productNet, rows } from './product_net.mjs';

const HALF = { convert_float_to_float16: { keep_io_types: true } };
const FORMS = [
  ['uint4', { quantize_matmul_nbits: { block_size: 16 } }, 16],
  ['int4', { quantize_matmul_nbits: { quant_format: 'QDQ', is_symmetric: true } }, 128],
  ['nf4', { quantize_matmul_bnb4: {} }, 64],
  ['fp4', { quantize_matmul_bnb4: { quant_type: 'FP4' }, ...HALF }, 64],
];

/** The one that is excluded in a recipe's method. */
const excluded = (recipe) => Object.values(recipe)[0].nodes_to_exclude;

describe.each(openers)('%s', (_, open) => {
  test.each(FORMS)('of %s the worst layer is the first', async (type, recipe, blockSize) => {
    const model = await keep(open(productNet()));
    const quantized = await keep(model.convert(recipe));
    const report = await model.layerReport(quantized, rows);
    expect(report.layers[0]).toMatchObject({ name: BAD_NODE, nodes: [BAD_NODE], opType: 'MatMul' });
    expect(report.layers[0].own.sqnrDb).toBeLessThan(10);
    expect(report.layers.filter(({ own }) => own !== null)).toHaveLength(COUNT);
    expect(report.layers.find(({ name }) => name === 'm0').own).toBeNull();
    expect(report.weights).toHaveLength(COUNT);
    expect(report.weights.find(({ name }) => name === `w${BAD}`)).toMatchObject({
      nodes: [BAD_NODE],
      type,
      scheme: 'block',
      axis: 0,
      blockSize,
      bytesBefore: 4096,
    });
    for (const { sqnrDb, bytesAfter } of report.weights) {
      expect(sqnrDb).toBeGreaterThan(10);
      expect(bytesAfter).toBeGreaterThan(512);
      expect(bytesAfter).toBeLessThan(512 + 400);
    }

    const [layer, weight] = await model.layerHistograms(quantized, rows, {
      names: [BAD_NODE, `w${BAD}`],
    });
    expect(layer).toMatchObject({ kind: 'activation', limits: null });
    expect(weight).toMatchObject({ kind: 'weight', reference: { elements: 1024, max: 25 } });
    // Within half of the fifteenth part of the range.
    expect(Math.abs(weight.quantized.max - 25)).toBeLessThan(25.3 / 30);
  });

  test.each(FORMS)('of %s the node to blame stays in float', async (_type, recipe) => {
    const model = await keep(open(productNet()));
    const { nodes } = await model.sensitivity({ samples: rows, recipe });
    expect(nodes.map(({ opType }) => opType)).toEqual(Array(COUNT).fill('MatMul'));
    expect(nodes[0].node).toBe(BAD_NODE);
    expect(nodes[1].value - nodes[0].value).toBeGreaterThan(8);

    const found = await model.suggest({ samples: rows, recipe, target: { value: 10 }, runs: 1 });
    const suggested = await keep(found.model);
    expect(found).toMatchObject({ met: true, complete: true, kept: [{ node: BAD_NODE }] });
    expect(excluded(suggested.recipe)).toEqual([BAD_NODE]);
    expect(suggested.python).toContain(BAD_NODE);
    const again = await keep(model.convert(suggested.recipe));
    expect(hex(await again.bytes())).toBe(hex(await suggested.bytes()));
    const { outputs } = await model.compare(again, rows);
    expect(found.suggested.value).toBeCloseTo(outputs[0].sqnrDb, 3);
    expect(found.suggested.value).toBeGreaterThan(found.quantized.value + 5);
  });

  test('options of a call count more than a recipe for weights alone', async () => {
    const model = await keep(open(productNet()));
    const recipe = { quantize_matmul_bnb4: { nodes_to_exclude: ['p1'] } };
    const { nodes } = await model.sensitivity({
      samples: rows,
      recipe,
      nodesToExclude: ['p2', BAD_NODE],
    });
    expect(nodes.map(({ node }) => node).toSorted()).toEqual(['p1', 'p4']);
  });

  test('there are no activations to raise to 16 bits', async () => {
    const model = await keep(open(productNet()));
    for (const method of ['quantize_matmul_nbits', 'quantize_matmul_bnb4']) {
      const call = { samples: rows, recipe: { [method]: {} }, target: { value: 1 } };
      await expect(model.suggest({ ...call, remedy: '16-bit' })).rejects.toMatchObject({
        code: 'InvalidArgument',
        message: `'remedy' 16-bit: this is a recipe for '${method}', which has no activations of 16 bits. Choose 'quantize_static' in 'quant_format' QDQ, or 'remedy' float.`,
      });
    }
  });

  test('recipes for weights alone are tried beside others', async () => {
    const model = await keep(open(productNet()));
    const recipes = { int8: { quantize_dynamic: {} }, q4: FORMS[0][1], fp4: FORMS[3][1] };
    const { trials } = await model.tryAll(recipes, { samples: rows, runs: 1 });
    expect(trials.map(({ name, error }) => [name, error])).toEqual([
      ['int8', null],
      ['q4', null],
      ['fp4', null],
    ]);
    expect(trials.every(({ figures }) => figures.value < 40 && figures.latency !== null)).toBe(
      true,
    );
  });
});
