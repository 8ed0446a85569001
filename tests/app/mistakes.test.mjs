// What goes wrong is said in plain words, and the page goes on working.
import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { DIGITS, eachTestHasPage, fileOf } from './page.mjs';

const session = eachTestHasPage();

test.each([
  ['an empty file', Buffer.alloc(0), 'empty'],
  ['random bytes', Buffer.from('c3a1f09f9880ffee00112233445566778899aabb', 'hex'), 'bad.onnx'],
  ['a truncated model', fs.readFileSync(DIGITS).subarray(0, 100_000), 'bad.onnx'],
  ['a TensorFlow Lite file', Buffer.from('1c00000054464c33deadbeef', 'hex'), 'TensorFlow Lite'],
])('%s', async (_, bytes, said) => {
  const { tab } = session;
  await tab.drop({ name: 'bad.onnx', bytes });
  expect(await tab.alert()).toContain(said);
  await tab.openDigits();
  expect(tab.problems).toEqual([]);
});

test('two models at once are both named', async () => {
  const { tab } = session;
  await tab.drop(fileOf(DIGITS, 'first.onnx'), fileOf(DIGITS, 'second.onnx'));
  expect(await tab.alert()).toBe(
    "There is more than one model: 'first.onnx' and 'second.onnx'. Open one at a time.",
  );
  await tab.openDigits();
});

test('samples without a model ask for one', async () => {
  const { tab } = session;
  await tab.drop({ name: 'a.npy', bytes: Buffer.from('x') });
  expect(await tab.alert()).toContain("There is no ONNX model among 'a.npy'");
});

test('a name that no node has', async () => {
  const { tab } = session;
  await tab.openDigits();
  await tab.page.check('#method-dynamic');
  await tab.page.click('#options summary');
  await tab.page.fill('#option-nodes_to_exclude', 'no_such_node');
  await tab.page.click('#quantize');
  expect(await tab.alert()).toContain('no_such_node');
  await tab.page.fill('#option-nodes_to_exclude', '');
  await tab.quantize();
});
