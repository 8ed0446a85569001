// Where the time goes: of a result and of the original, by operator and node by node.
import { expect, test } from '@jest/globals';
import { violations } from './axe.mjs';
import { quantizeBadLayer } from './bad_layer.mjs';
import { eachTestHasPage } from './page.mjs';

const session = eachTestHasPage();

/** The cells of a table, by its caption's beginning. */
const cellsOf = (tab, caption) =>
  tab.page.$$eval(
    '#profile table',
    (tables, beginning) => {
      const found = tables.find((each) => each.caption.textContent.startsWith(beginning));
      return Array.from(found.tBodies[0].rows, ({ cells }) =>
        Array.from(cells, (cell) => cell.textContent.trim()),
      );
    },
    caption,
  );

const shares = (rows) => rows.map((row) => Number.parseFloat(row.at(-1)));
const sum = (values) => values.reduce((a, b) => a + b, 0);

test('each node has its time, kernel and share, and can be looked for', async () => {
  const { tab } = session;
  const { page } = tab;
  await quantizeBadLayer(tab);
  await page.click('#profile > summary');
  await tab.shown('#profile-start');
  await page.focus('#profile-start');
  await page.keyboard.press('Enter');
  await tab.shown('#profile-model');
  expect(await tab.focused()).toBe('profile-model');
  expect(await page.$$eval('#profile-model option', (all) => all.map(({ text }) => text))).toEqual([
    'This result',
    'The original',
  ]);

  const nodes = await cellsOf(tab, 'By node');
  const kinds = await cellsOf(tab, 'By operator');
  expect(nodes.every(([, , , time]) => /^[\d.e-]+ ms$/.test(time))).toBe(true);
  expect(shares(nodes)).toEqual(shares(nodes).toSorted((a, b) => b - a));
  expect(sum(shares(kinds))).toBeCloseTo(100, 0);
  expect(nodes.filter(([, , kernel]) => kernel !== '–').length).toBeGreaterThan(0);
  expect(sum(kinds.map(([, count]) => Number(count)))).toBe(
    Number(/of (\d+) nodes/.exec(await tab.text('#profile-found'))[1]),
  );
  expect(await violations(page)).toEqual([]);

  await page.selectOption('#profile-model', 'original');
  const original = await cellsOf(tab, 'By operator');
  expect(original.map(([name]) => name)).not.toEqual(kinds.map(([name]) => name));
  const [first] = await cellsOf(tab, 'By node');
  await page.fill('#profile-find', first[0].toUpperCase());
  const found = await cellsOf(tab, 'By node');
  expect(found).toContainEqual(first);
  expect(await tab.text('#profile-found')).toMatch(
    new RegExp(`^${found.length} of \\d+ nodes, [\\d.e-]+ ms$`),
  );
  await page.fill('#profile-find', 'nothing of this kind');
  expect(await cellsOf(tab, 'By node')).toEqual([]);
  expect(await page.$$('#progress')).toEqual([]);
  expect(tab.problems).toEqual([]);
});
