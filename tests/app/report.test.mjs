// The report of a result: one file without scripts, with all figures, in which hostile names are text.
import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { writeNpy } from 'quantab/samples';
import { floatTensor, makeModel } from './models.mjs';
import { CALIBRATION, eachTestHasPage, fileOf } from './page.mjs';
import { violations } from './axe.mjs';

const session = eachTestHasPage();

/** Opens a report by itself, in a page that may load nothing, and gives what it says. */
async function read(file) {
  const { context } = session;
  const page = await context.newPage();
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  const dialogs = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await page.goto(`file://${file}`);
  return { page, html: fs.readFileSync(file, 'utf8'), requests, dialogs };
}

test('it holds the figures, the layers and how to make the model again', async () => {
  const { tab } = session;
  await tab.openDigits();
  await tab.drop(fileOf(CALIBRATION));
  await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
  await tab.quantize();
  const { file, name } = await tab.download('#save-report');
  expect(name).toBe('digits.static.int8.report.html');
  const { page, html, requests } = await read(file);
  const text = (selector) => page.textContent(selector);
  expect(await text('h1')).toBe('digits.static.int8.onnx: report');
  expect(await text('.gain')).toBe(await tab.text('#gain'));
  expect(await text('body')).toContain(await tab.text('#made-with'));
  expect(await text('#verdict')).toContain(await tab.text('#verdict'));
  const rows = (from, at) =>
    from.$$eval(
      'table',
      (tables, index) =>
        Array.from(tables[index].tBodies[0].rows, ({ cells }) =>
          Array.from(cells, (cell) => cell.textContent),
        ),
      at,
    );
  const shown = (caption) =>
    tab.page.$$eval(
      '#figures table',
      (tables, wanted) => {
        const found = tables.find(({ caption: { textContent } }) => textContent.startsWith(wanted));
        return Array.from(found.tBodies[0].rows, ({ cells }) =>
          Array.from(cells, (cell) => cell.textContent),
        );
      },
      caption,
    );
  expect(await rows(page, 0)).toEqual(await shown('Before and after'));
  expect(await rows(page, 1)).toEqual(await shown('How far'));
  const layers = await rows(page, 2);
  expect(layers.length).toBeGreaterThanOrEqual((await shown('Layers')).length);
  const own = layers.map(([, , decibels]) => (decibels === '∞' ? Infinity : Number(decibels)));
  expect(own).toEqual([...own].sort((a, b) => a - b));
  expect(JSON.parse(await text('#recipe'))).toEqual({
    quantize_static: { activation_type: 'QUInt8' },
  });
  expect(await text('#python')).toContain('quantize_static(');
  expect(html).not.toContain('<script');
  expect(requests).toEqual([`file://${file}`]);
  expect(await violations(page)).toEqual([]);
});

test('names that look like markup are text', async () => {
  const { tab } = session;
  const evil = '<img src=x onerror=alert(1)>';
  const bytes = makeModel({
    inputs: [{ name: `x"'><script>alert(2)</script>`, dims: [1, 8] }],
    outputs: [{ name: evil, dims: [1, 4] }],
    weights: { w: [8, 4] },
    nodes: [{ type: 'MatMul', inputs: [`x"'><script>alert(2)</script>`, 'w'], outputs: [evil] }],
  });
  await tab.open({ name: `${evil.replaceAll('/', '')}&amp;.onnx`, bytes });
  await tab.drop({ name: 'x.npy', bytes: Buffer.from(writeNpy(floatTensor([1, 8]))) });
  await tab.samplesAre('1 sample file.');
  await tab.page.check('#method-dynamic');
  await tab.quantize();
  const { file } = await tab.download('#save-report');
  const { page, html, dialogs } = await read(file);
  expect(await page.$$('img, script')).toEqual([]);
  expect(html).not.toMatch(/<(img|script)/);
  expect(dialogs).toEqual([]);
  expect(await page.textContent('body')).toContain(evil);
  expect(await page.textContent('h1')).toContain('&amp;');
  expect(tab.problems).toEqual([]);
});
