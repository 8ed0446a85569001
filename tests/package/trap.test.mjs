// A trap in a thread of the core: its caller hears of it at once, and models go on in another core.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchChromium } from '../lib/chromium.mjs';
import { packageFolder, root, runModule } from './lib.mjs';
import { pools } from './proto.mjs';
import { reporting, visitFolder, writePage } from './visit.mjs';

const out = path.join(root, 'tests', '.out', 'trap');
const dist = path.join(out, 'quantab');
const glue = path.join(dist, 'quantab_glue.js');
const sound = path.join(out, 'sound_glue.js');
const faulty = path.join(out, 'faulty_glue.js');

/** The package twice over: in one, threads of the core run a loop that lies where no memory is. Real traps in the real module. */
beforeAll(() => {
  fs.rmSync(out, { recursive: true, force: true });
  fs.cpSync(path.join(packageFolder, 'dist'), dist, { recursive: true });
  const text = fs.readFileSync(glue, 'utf8');
  const call = 'getWasmTableEntry(body)(argument)';
  expect(text.split(call).length - 1).toBe(1);
  fs.writeFileSync(sound, text);
  fs.writeFileSync(faulty, text.replace(call, 'getWasmTableEntry(body)(0xfffffff0)'));
  fs.writeFileSync(path.join(out, 'package.json'), '{"type":"module"}');
});
beforeEach(() => fs.copyFileSync(faulty, glue));

/**
 * What becomes of a model whose core has the fault, then of the same model in the next core, which has it too, and then in one
 * after mend(): threads load the start-up code anew.
 */
const program = `
  const alone = await openModel(bytes, { threads: 1 });
  const feeds = await alone.randomSample(5);
  const expected = (await alone.run(feeds)).y.data.join();
  alone.close();
  const model = await openModel(bytes, { threads: 2 });
  /** Runs until a thread has had work. */
  async function outcome() {
    const start = performance.now();
    try {
      do {
        const { y } = await model.run(feeds);
        if (y.data.join() !== expected) return 'another result';
        if ((await model.capabilities()).threadsUsed === 2) return 'the right results';
      } while (performance.now() - start < 25000);
      return 'no thread had work';
    } catch ({ name, code, message }) {
      return { name, code, message };
    }
  }
  const report = { first: await outcome(), second: await outcome() };
  await mend();
  report.mended = await outcome();
  model.close();
  return report;
`;

const stopped = {
  name: 'QuantabError',
  code: 'Internal',
  message: 'The core stopped: a thread was ended: memory access out of bounds',
};
const expected = { first: stopped, second: stopped, mended: 'the right results' };

describe.each(['index', 'direct'])('%s', (entry) => {
  test('in Node', async () => {
    const address = pathToFileURL(path.join(dist, `${entry}.node.js`)).href;
    const report = await runModule(`
      import fs from 'node:fs';
      import { openModel } from '${address}';
      const mend = () => fs.copyFileSync(${JSON.stringify(sound)}, ${JSON.stringify(glue)});
      const bytes = new Uint8Array(${JSON.stringify([...pools])});
      console.log(JSON.stringify(await (async () => { ${program} })()));
    `);
    expect(report).toEqual(expected);
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
      fs.writeFileSync(path.join(folder, 'pools.onnx'), pools);
      const mend = () => fs.copyFileSync(sound, glue);
      const { report, complaints } = await visitFolder(browser, folder, {}, { mend });
      expect(complaints).toEqual([]);
      expect(report).toEqual(expected);
    }, 90_000);
  });
});
