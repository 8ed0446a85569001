// A trap in a thread of the core: its caller hears of it at once, and models go on in another core.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchChromium } from '../lib/chromium.mjs';
import { digitsPath, packageFolder, root, runModule } from './lib.mjs';
import { pools } from './proto.mjs';
import { reporting, visitFolder, writePage } from './visit.mjs';

const out = path.join(root, 'tests', '.out', 'trap');
const dist = path.join(out, 'quantab');

/** The package, but threads of the core run a loop that lies where no memory is: real traps in the real module. */
beforeAll(() => {
  fs.rmSync(out, { recursive: true, force: true });
  fs.cpSync(path.join(packageFolder, 'dist'), dist, { recursive: true });
  const glue = path.join(dist, 'quantab_glue.js');
  const text = fs.readFileSync(glue, 'utf8');
  const call = 'getWasmTableEntry(body)(argument)';
  expect(text.split(call).length - 1).toBe(1);
  fs.writeFileSync(glue, text.replace(call, 'getWasmTableEntry(body)(0xfffffff0)'));
  fs.writeFileSync(path.join(out, 'package.json'), '{"type":"module"}');
});

/** Runs until a thread has had work; then whether another core takes over, without threads. */
const program = `
  const model = await openModel(bytes, { threads: 2 });
  const feeds = await model.randomSample(5);
  const alone = await openModel(bytes, { threads: 1 });
  const expected = (await alone.run(feeds)).y.data.join();
  const start = performance.now();
  let failure;
  while (failure === undefined && performance.now() - start < 30000) {
    const result = await model.run(feeds).catch((error) => error);
    if (result instanceof Error) failure = result;
    else if (result.y.data.join() !== expected) failure = new Error('another result');
  }
  const again = await model.run(feeds).then(({ y }) => y.data.join() === expected, (error) => error.code);
  const info = await model.memory();
  alone.close();
  model.close();
  return {
    name: failure?.name,
    code: failure?.code,
    message: failure?.message,
    again,
    goesOn: info.peakBytes > 0,
  };
`;

const stopped = {
  name: 'QuantabError',
  code: 'Internal',
  message: 'The core stopped: a thread was ended: memory access out of bounds',
  // The next core may run into the same.
  again: expect.stringMatching(/^(true|Internal)$/),
  goesOn: true,
};
const expectStopped = (report) =>
  expect({ ...report, again: String(report.again) }).toEqual(stopped);

describe.each(['index', 'direct'])('%s', (entry) => {
  test('in Node', async () => {
    const address = pathToFileURL(path.join(dist, `${entry}.node.js`)).href;
    const report = await runModule(`
      import { openModel } from '${address}';
      const bytes = new Uint8Array(${JSON.stringify([...pools])});
      console.log(JSON.stringify(await (async () => { ${program} })()));
    `);
    expectStopped(report);
  }, 90_000);

  describe('in Chromium', () => {
    let browser;
    beforeAll(async () => {
      browser = await launchChromium();
    }, 60_000);
    afterAll(() => browser?.close());

    test('in a page that is isolated', async () => {
      const folder = path.join(out, entry);
      writePage(
        folder,
        reporting(
          `import { openModel } from './quantab/${entry}.js';`,
          `const bytes = new Uint8Array(await (await fetch('/pools.onnx')).arrayBuffer()); ${program}`,
        ),
      );
      fs.symlinkSync(dist, path.join(folder, 'quantab'));
      fs.symlinkSync(digitsPath, path.join(folder, 'digits.onnx'));
      fs.writeFileSync(path.join(folder, 'pools.onnx'), pools);
      const { report, complaints } = await visitFolder(browser, folder);
      expect(complaints).toEqual([]);
      expectStopped(report);
    }, 90_000);
  });
});
