// Labels on the page: accuracy in words, as a goal and over a reload, and what is said of labels that are wrong.
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { Tensor } from 'quantab';
import { readNpy, writeNpy } from 'quantab/samples';
import { violations } from './axe.mjs';
import { eachTestHasPage, root, temporaryFolder } from './page.mjs';

const session = eachTestHasPage();

const COUNT = 20;
const digits = (name) => readNpy(fs.readFileSync(path.join(root, 'examples', 'digits', name)));
const IMAGES = digits('heldout.npy');
const CLASSES = [...digits('heldout_labels.npy').data].slice(0, COUNT);
const SIZE = IMAGES.data.length / IMAGES.dims[0];

const npy = (name, first, end) => ({
  name,
  bytes: Buffer.from(
    writeNpy(
      new Tensor(
        'float32',
        [end - first, ...IMAGES.dims.slice(1)],
        IMAGES.data.slice(first * SIZE, end * SIZE),
      ),
    ),
  ),
});
const text = (name, content) => ({ name, bytes: Buffer.from(content) });

/** Waits until the browser has kept what was tried. */
async function keptTrials(page) {
  const isKept = () =>
    page.evaluate(
      () =>
        new Promise((resolve) => {
          window.indexedDB.open('quantab', 1).onsuccess = ({ target: { result: database } }) => {
            const store = database.transaction('session').objectStore('session');
            store.get('state').onsuccess = ({ target: { result: state } }) => {
              database.close();
              resolve(state?.tried !== undefined);
            };
          };
        }),
    );
  while (!(await isKept())) await page.waitForTimeout(50);
}

/** Waits until this is said of the labels. */
const labelsSay = (tab, wanted) =>
  tab.page.waitForFunction(
    (part) => document.getElementById('sample-labels')?.textContent.includes(part),
    wanted,
  );

const goals = (page) =>
  page.$eval('#goal', ({ options }) =>
    Array.from(options, ({ value, disabled }) => [value, disabled]).filter(
      ([value]) => value === 'accuracy',
    ),
  );

test('accuracy is said in words, tried, a goal, reported and kept over a reload', async () => {
  const { tab } = session;
  const { page } = tab;
  await tab.openDigits();
  // Two of the labels are wrong, so that the original is right on 18 of 20 if it is on all others.
  const labels = CLASSES.map((label, i) => (i < 2 ? (label + 1) % 10 : label));
  await tab.drop(
    text(
      'labels.csv',
      `name,label\n${labels.map((label, i) => `all.npy:${i + 1},${label}`).join('\n')}`,
    ),
  );
  await labelsSay(tab, "'labels.csv' waits for samples.");
  await tab.drop(npy('all.npy', 0, COUNT));
  await labelsSay(tab, "Labelled by 'labels.csv': accuracy will be measured.");
  await tab.quantize();
  const words = /^Right on (\d+) of 20 samples; the original: (\d+) of 20\. Both models/;
  const [, right, before] = words.exec(await tab.text('#verdict')).map(Number);
  expect(before).toBe(18);
  const row = await page.$$eval('#runs tbody tr', (rows) =>
    rows
      .map(({ cells }) => Array.from(cells, (cell) => cell.textContent))
      .find(([name]) => name === 'Accuracy'),
  );
  expect(row).toEqual(['Accuracy', 'right on 18 of 20 samples', `right on ${right} of 20 samples`]);
  expect(await tab.text('#figures table')).toContain('Right, of 20 labelled samples');

  await page.click('#suggest > summary');
  await tab.shown('#goal-points');
  expect(await page.inputValue('#goal')).toBe('accuracy');
  expect(await violations(page)).toEqual([]);
  await page.fill('#goal-points', '');
  await page.click('#suggest-start');
  expect(await tab.alert()).toContain('The points are no number from 0.');
  expect(await tab.focused()).toBe('goal-points');
  // Nothing has to stay in float for an accuracy that all nodes quantized have.
  await page.fill('#goal-points', String((100 * (before - right)) / COUNT));
  await page.click('#suggest-start');
  await tab.gone('#progress');
  expect(await tab.text('#suggestion')).toBe(
    `Nothing has to stay in float: with every node quantized it is right on ${(100 * right) / COUNT} % of the samples, and ${(100 * right) / COUNT} % is wanted. The original is right on 90 %.`,
  );
  const { file } = await tab.download('#save-report');
  expect(fs.readFileSync(file, 'utf8')).toMatch(
    `Right on ${right} of 20 samples; the original: 18 of 20.`,
  );

  await page.click('#try-all');
  await tab.shown('#trials-title');
  const tried = await page.$$eval('#trials tbody tr', (rows) =>
    rows.map(({ cells }) => cells[4].textContent),
  );
  expect(tried[0]).toBe('right on 18 of 20 samples');
  expect(tried.slice(1).every((each) => /^right on \d+ of 20 samples$/.test(each))).toBe(true);
  expect(await violations(page)).toEqual([]);

  await keptTrials(page);
  await page.reload();
  await tab.shown('#go-on-now');
  await page.click('#go-on-now');
  await labelsSay(tab, "Labelled by 'labels.csv'");
  expect(await tab.text('#verdict')).toMatch(words);
  expect(await tab.text('#trials tbody')).toContain('right on 18 of 20 samples');
  expect(tab.problems).toEqual([]);
});

test('what is wrong with labels is said, takes nothing away, and can be left out', async () => {
  const { tab } = session;
  const { page } = tab;
  await tab.openDigits();
  await tab.drop(text('labels.txt', CLASSES.join('\n')), npy('all.npy', 0, COUNT));
  await labelsSay(tab, "Labelled by 'labels.txt'");
  await tab.drop(text('new_labels.txt', `${[0, ...CLASSES.slice(2)].join('\n')}\n10\n`));
  const wrong =
    "Accuracy will not be measured. 'new_labels.txt' has the class 10 at line 20, but the model has 10 classes, counted from 0 to 9. Correct the label.";
  expect(await tab.alert()).toBe(wrong);
  await labelsSay(tab, wrong);
  await tab.samplesAre('1 sample file, 20 rows, used as 20 samples.');
  expect(await violations(page)).toEqual([]);
  await tab.quantize();
  expect(await tab.text('#verdict')).toMatch(/^Both models make the same first choice/);
  await page.click('#suggest > summary');
  await tab.shown('#goal');
  expect(await goals(page)).toEqual([['accuracy', true]]);
  expect(await tab.text('#no-accuracy-goal')).toContain(
    'Accuracy cannot be a goal yet: add labels',
  );
  // Without the new file the earlier one counts again, and the goal can be had.
  await page.click('#leave-out-labels');
  await labelsSay(tab, "Labelled by 'labels.txt'");
  expect(await goals(page)).toEqual([['accuracy', false]]);
  expect(await page.isVisible('#no-accuracy-goal')).toBe(false);
  await page.uncheck('#split-rows');
  await labelsSay(tab, "'labels.txt' has 20 labels, but there are 1 samples.");
  expect(tab.problems).toEqual([]);
});

test('folders named after classes label what is in them', async () => {
  const { tab } = session;
  await tab.openDigits();
  const folder = path.join(temporaryFolder(), 'digits');
  for (const [i, label] of CLASSES.slice(0, 6).entries()) {
    fs.mkdirSync(path.join(folder, String(label)), { recursive: true });
    fs.writeFileSync(path.join(folder, String(label), `${i}.npy`), npy('', i, i + 1).bytes);
  }
  await tab.dropPaths(folder);
  await labelsSay(tab, 'Labelled by the folders they lie in');
  await tab.page.check('#method-dynamic');
  await tab.quantize();
  expect(await tab.text('#verdict')).toMatch(/^Right on 6 of 6 samples; the original: 6 of 6\./);
});
