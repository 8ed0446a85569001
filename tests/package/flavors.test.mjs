// Which module runs makes no difference to the files.
import { describe, expect, test } from '@jest/globals';
import path from 'node:path';
import { relaxedNode } from '../../scripts/lib/node.mjs';
import { digitsPath, root, run, runModule } from './lib.mjs';

const relaxed = relaxedNode();

/** Which flavour is taken by default, as seen from whether the module's bytes were read. */
const chosen = (node) =>
  runModule(
    `
    import fs from 'node:fs';
    const read = fs.promises.readFile;
    const files = [];
    fs.promises.readFile = (file, ...rest) => { files.push(String(file)); return read(file, ...rest); };
    const { openModel } = await import('quantab');
    const model = await openModel(${JSON.stringify(digitsPath)});
    console.log(JSON.stringify(files.filter((file) => file.endsWith('.wasm')).map((file) => file.split('/').at(-1))));
    `,
    { node },
  );

describe('the module that is chosen', () => {
  test('relaxed SIMD where it is known', async () => {
    expect(await chosen(relaxed)).toEqual(['quantab_relaxed.wasm']);
  });

  test('plain SIMD elsewhere', async () => {
    const flagless = WebAssembly.validate(
      new Uint8Array([
        0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1,
        253, 15, 65, 2, 253, 15, 253, 128, 2, 11,
      ]),
    );
    expect(await chosen(process.execPath)).toEqual([
      flagless ? 'quantab_relaxed.wasm' : 'quantab_simd.wasm',
    ]);
  });
});

test('native and both modules make the same bytes of every fixture', async () => {
  const script = path.join(root, 'tests', 'parity', 'flavors.mjs');
  const { stdout, stderr, status } = await run(relaxed, [script]);
  const last = stdout.trim().split('\n').at(-1);
  expect({ last, status, stderr }).toEqual({
    last: expect.stringMatching(/^[1-9]\d* passed, 0 failed$/),
    status: 0,
    stderr: '',
  });
}, 600_000);

test('both modules compute the same outputs of an int8 model', async () => {
  const text = (flavor) => `
    import { openModel } from 'quantab';
    const { digitSamples, digitsPath, hex } = await import(${JSON.stringify(new URL('lib.mjs', import.meta.url).href)});
    const model = await openModel(digitsPath, { flavor: '${flavor}' });
    const results = {};
    for (const activationType of ['QUInt8', 'QInt8']) {
      const quantized = await model.quantizeStatic({
        calibrationData: digitSamples(20), activationType, weightType: 'QInt8', perChannel: true,
      });
      results[activationType] = [];
      for (const sample of digitSamples(10, 'heldout.npy')) {
        results[activationType].push(hex((await quantized.run(sample)).logits.data));
      }
    }
    console.log(JSON.stringify(results));
  `;
  const simd = await runModule(text('simd'), { node: relaxed });
  expect(simd.QUInt8).toHaveLength(10);
  expect(await runModule(text('relaxed'), { node: relaxed })).toEqual(simd);
  expect(await runModule(text('simd'))).toEqual(simd);
});
