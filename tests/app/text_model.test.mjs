// A transformer, from the drop of lines of text to a better model, and all of it again without a network.
import { expect, test } from '@jest/globals';
import { openModel } from 'quantab';
import { readSamples } from 'quantab/samples';
import { violations } from './axe.mjs';
import { LINES, TEXT_NETWORK, TOKENIZER } from './networks.mjs';
import { eachTestHasPage } from './page.mjs';
import { goOffline, quantizeAndImprove } from './whole_way.mjs';
import { zipOf } from './zip.mjs';

const session = eachTestHasPage();
const model = { name: 'texts.onnx', bytes: TEXT_NETWORK };
const lines = { name: 'lines.txt', bytes: Buffer.from(LINES.join('\n')) };
const used = `1 sample file, used as ${LINES.length} samples.`;

test('a transformer: its tokenizer comes last, the texts are seen as tokens, and it is improved', async () => {
  const { tab } = session;
  const { page } = tab;
  await tab.open(model);
  await tab.drop(lines);
  await tab.samplesAre(used);
  await page.waitForFunction(() =>
    document
      .getElementById('sample-warnings')
      ?.textContent.includes("no tokenizer 'tokenizer.json' among the files"),
  );
  await tab.drop(TOKENIZER);
  await page.waitForFunction(
    () => !document.getElementById('sample-warnings')?.textContent.includes('tokenizer'),
  );
  await tab.shown('#text-options');
  expect(await page.inputValue('#kind-0')).toBe('text');
  expect(await page.inputValue('#kind-1')).toBe('text');
  await page.click('#text-options details summary');
  expect(await page.inputValue('#text-role-1')).toBe('attention_mask');

  await page.click('#preview > summary');
  await tab.shown('#preview .tokens');
  const pieces = await page.locator('#preview .tokens li').allTextContents();
  expect(pieces[0]).toMatch(/^\[CLS\] \d+$/);
  expect(pieces.at(-1)).toMatch(/^\[SEP\] \d+$/);
  expect(await violations(page)).toEqual([]);

  const { file } = await quantizeAndImprove(tab, 'dynamic');
  const made = await openModel(file);
  const files = [TOKENIZER, lines].map(({ name, bytes }) => ({
    path: name,
    bytes: async () => bytes,
  }));
  let runs = 0;
  for await (const sample of await readSamples(files, made.info.inputs)) {
    const { features } = await made.run(sample);
    expect(features.dims.slice(0, 2)).toEqual(sample.input_ids.dims);
    runs++;
  }
  expect(runs).toBe(LINES.length);
  made.close();

  await goOffline(session);
  expect(await violations(page)).toEqual([]);
  const all = [model, lines, TOKENIZER].map(({ name, bytes }) => [name, bytes]);
  await tab.drop({ name: 'all.zip', bytes: zipOf(Object.fromEntries(all), { deflate: true }) });
  await tab.shown('#model-title');
  await tab.samplesAre(used);
  await tab.byHand();
  await tab.quantize();
  expect(await tab.text('#figures')).toContain(`(${LINES.length} samples)`);
  expect(await violations(page)).toEqual([]);
  expect((await tab.download()).name).toBe('texts.static.int8.onnx');
  expect(tab.problems).toEqual([]);
});
