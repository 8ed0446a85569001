// Half precision held to samples: the box that asks for it, and what is said of its result.
import { expect, test } from '@jest/globals';
import { writeNpy } from 'quantab/samples';
import { input, model, node, output, tensor } from '../package/proto.mjs';
import { eachTestHasPage } from './page.mjs';

const session = eachTestHasPage();

const floats = (...values) => Buffer.from(Float32Array.from(values).buffer);

/** y = sigmoid(x) by way of (400 sigmoid(x))², which is up to 160,000 where float16 ends at 65,504. */
const OVERFLOWING = {
  name: 'model.onnx',
  bytes: model(
    node('Sigmoid', ['x'], ['s'], 'sigmoid'),
    node('Mul', ['s', 'k'], ['a'], 'scale'),
    node('Mul', ['a', 'a'], ['b'], 'square'),
    node('Sqrt', ['b'], ['c'], 'root'),
    node('Div', ['c', 'k'], ['y'], 'back'),
    tensor('k', [1], floats(400)),
    input('x', [3]),
    output('y', [3]),
  ),
};
const sampleOf = (name, ...values) => ({
  name,
  bytes: Buffer.from(writeNpy({ dtype: 'float32', dims: [3], data: Float32Array.from(values) })),
});
const SAMPLES = [sampleOf('0.npy', 0.5, 1.25, -2), sampleOf('1.npy', 1.5, 1.25, -2)];

test('nodes that float16 would break stay in float32 and are named', async () => {
  const { tab } = session;
  await tab.open(OVERFLOWING);
  await tab.page.check('#method-float16');
  expect(await tab.page.isVisible('#mixed-precision')).toBe(false);
  await tab.drop(...SAMPLES);
  await tab.shown('#mixed-precision');
  await tab.page.check('#method-dynamic');
  expect(await tab.page.isVisible('#mixed-precision')).toBe(false);
  await tab.page.check('#method-float16');
  expect(await tab.page.isVisible('#option-rtol')).toBe(false);
  await tab.page.check('#mixed-precision');
  expect(await tab.page.inputValue('#option-rtol')).toBe('0.01');
  expect(await tab.page.inputValue('#option-atol')).toBe('0.001');
  await tab.page.fill('#option-rtol', '0.02');
  await tab.quantize();
  expect(await tab.text('#made-with')).toBe(
    'Half precision with float32 where needed, on 2 samples · Relative tolerance: 0.02',
  );
  expect(await tab.text('#in-float summary')).toBe('2 nodes stay in float32');
  expect(
    await tab.page.$$eval('#in-float li', (items) => items.map((li) => li.textContent)),
  ).toEqual([
    'root: its numbers are too large for float16',
    'square: its numbers are too large for float16',
  ]);
  expect(JSON.parse(await tab.text('#recipe pre >> nth=0'))).toEqual({
    convert_float_to_float16: { node_block_list: ['root', 'square'] },
  });
  expect((await tab.download()).name).toBe('model.float16.onnx');

  await tab.page.click('#clear-samples');
  expect(await tab.page.isVisible('#mixed-precision')).toBe(false);
  await tab.quantize();
  expect(await tab.text('#made-with')).toBe('Half precision · every option at its default');
  expect(await tab.page.$('#in-float')).toBeNull();
  expect(tab.problems).toEqual([]);
});

test('a tolerance that cannot be met is said', async () => {
  const { tab } = session;
  await tab.open(OVERFLOWING);
  await tab.drop(...SAMPLES);
  await tab.page.check('#method-float16');
  await tab.page.check('#mixed-precision');
  await tab.page.fill('#option-rtol', '0');
  await tab.page.fill('#option-atol', '0');
  await tab.quantize();
  expect(await tab.text('#remarks')).toContain('The outputs are not within the tolerance');
  expect(await tab.text('#in-float summary')).toBe('5 nodes stay in float32');
  expect(tab.problems).toEqual([]);
});
