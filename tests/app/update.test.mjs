// A new version: taken with consent, in the tab that consents, from the server and not from the browser's cache.
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { DIST, eachTestHasPage, temporaryFolder } from './page.mjs';

const folder = path.join(temporaryFolder(), 'dist');
fs.cpSync(DIST, folder, { recursive: true });
// A host that lets browsers keep files for an hour without asking.
const session = eachTestHasPage({ folder, headers: { 'Cache-Control': 'max-age=3600' } });

const edit = (name, change) => {
  const file = path.join(folder, name);
  fs.writeFileSync(file, change(fs.readFileSync(file, 'utf8')));
};

/** The next version: another heading, and a worker that is called something else. */
function publish() {
  const assets = fs.readdirSync(path.join(folder, 'assets'));
  const worker = assets.find((name) => name.startsWith('worker-'));
  const rename = (text) => text.replaceAll(worker, 'worker-next.js');
  fs.renameSync(path.join(folder, 'assets', worker), path.join(folder, 'assets/worker-next.js'));
  for (const name of assets.filter((asset) => /^index-.*\.js$/.test(asset))) {
    edit(`assets/${name}`, rename);
  }
  edit('index.html', (html) => html.replace('>Quantab</a>', '>Quantab, next</a>'));
  edit('service_worker.js', (script) =>
    rename(script).replace(/(["'`])[0-9a-f]{16}\1/, '$1fedcba9876543210$1'),
  );
}

const heading = (tab) => tab.text('#home');
const offlineSays = (tab, text) =>
  tab.page.waitForFunction(
    (expected) => document.getElementById('offline').textContent.includes(expected),
    text,
  );
const cacheNames = (tab) => tab.page.evaluate(() => globalThis.caches.keys());

test('a new version is taken in the tab that consents; another keeps its work', async () => {
  const { tab: working, newTab, address } = session;
  await offlineSays(working, 'Ready to work offline.');
  await working.page.evaluate(() => globalThis.caches.open('of another page'));
  await working.openDigits();

  publish();
  const consenting = await newTab();
  expect(await heading(consenting)).toBe('Quantab');
  await offlineSays(consenting, 'A new version is here.');
  await Promise.all([
    consenting.page.waitForEvent('load'),
    consenting.page.click('#offline button'),
  ]);
  expect(await heading(consenting)).toBe('Quantab, next');

  // The other tab has what it had, is told, and still gets the files of its own version.
  await offlineSays(working, 'A new version is in use.');
  expect(await working.page.isVisible('#model-title')).toBe(true);
  await working.page.click('#close-model');
  await working.openDigits();
  await working.page.check('#method-dynamic');
  await working.quantize();
  expect(await cacheNames(working)).toHaveLength(3);

  await Promise.all([working.page.waitForEvent('load'), working.page.click('#offline button')]);
  expect(await heading(working)).toBe('Quantab, next');

  // Once no tab needs them, the older files go; nobody else's do.
  await consenting.page.close();
  await working.page.reload();
  const left = ['of another page', `quantab ${address} fedcba9876543210`];
  await working.page.waitForFunction(
    async (expected) => (await globalThis.caches.keys()).sort().join() === expected,
    left.join(),
  );
  await working.openDigits();
  expect(working.problems).toEqual([]);
});
