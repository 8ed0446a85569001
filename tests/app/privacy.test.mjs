// Nothing leaves the device: which requests are made, and which are refused.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CALIBRATION, DIGITS, DIST, eachTestHasPage, fileOf } from './page.mjs';

const session = eachTestHasPage();

const ownFiles = new Set(
  fs
    .readdirSync(DIST, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !['_headers', 'index.html'].includes(entry.name))
    .map((entry) => path.relative(DIST, path.join(entry.parentPath, entry.name))),
);

/** The requests for anything but the page and its files. A blob is no request: it is the page's own memory. */
const foreign = (urls) =>
  urls.filter((url) => {
    if (url.startsWith('blob:') || url === session.address) return false;
    return !(url.startsWith(session.address) && ownFiles.has(url.slice(session.address.length)));
  });

const ready = (tab) =>
  tab.page.waitForFunction(
    () => document.getElementById('offline').textContent === 'Ready to work offline.',
  );

async function useEverything(tab) {
  await tab.page.click('#try-example');
  await tab.samplesAre('1 sample file, 300 rows, used as 300 samples.');
  await tab.quantize();
  await tab.download();
  await tab.page.click('#close-model');
  await tab.drop(fileOf(DIGITS), fileOf(CALIBRATION));
  await tab.shown('#model-title');
  await tab.byHand();
  await tab.page.check('#method-dynamic');
  await tab.quantize();
}

describe('requests', () => {
  test('are for the own files of the page only, from the first to the last', async () => {
    const { tab, requests, served, address } = session;
    await useEverything(tab);
    await ready(tab);
    expect(requests.length).toBeGreaterThan(5);
    expect(foreign(requests)).toEqual([]);
    expect(foreign(served.map((url) => address + url.slice(1)))).toEqual([]);
  });

  test('are none at all once the page is ready to work offline', async () => {
    const { tab, served } = session;
    await ready(tab);
    const before = served.length;
    await useEverything(tab);
    // The browser itself looks now and then whether there is a newer version.
    expect(served.slice(before).filter((url) => url !== '/service_worker.js')).toEqual([]);
  });
});

test('the page works without a network once it is ready', async () => {
  const { tab, context, server } = session;
  await ready(tab);
  await context.setOffline(true);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await tab.page.reload();
  await useEverything(tab);
});

describe('the policy', () => {
  /** A server of another origin that lets everybody in and counts who comes. */
  async function withOtherOrigin(body) {
    let visits = 0;
    const other = http.createServer((request, response) => {
      visits++;
      response.writeHead(200, {
        'Access-Control-Allow-Origin': '*',
        'Cross-Origin-Resource-Policy': 'cross-origin',
      });
      response.end('hello');
    });
    await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      await body(`http://127.0.0.1:${other.address().port}/`);
      return visits;
    } finally {
      other.closeAllConnections();
      other.close();
    }
  }

  const attempt = async (url) => {
    let refused = '';
    globalThis.addEventListener('securitypolicyviolation', (event) => (refused = event.blockedURI));
    const outcome = await fetch(url).then(
      () => 'answered',
      () => 'failed',
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { outcome, refused };
  };

  test('refuses other origins to the page', async () => {
    const visits = await withOtherOrigin(async (url) => {
      const { outcome, refused } = await session.tab.page.evaluate(attempt, url);
      expect(outcome).toBe('failed');
      expect(url).toContain(refused);
      expect(refused).not.toBe('');
    });
    expect(visits).toBe(0);
  });

  test('refuses other origins to the worker', async () => {
    const { tab } = session;
    await tab.openDigits();
    const [worker] = tab.page.workers();
    const visits = await withOtherOrigin(async (url) => {
      const { outcome, refused } = await worker.evaluate(attempt, url);
      expect(outcome).toBe('failed');
      expect(url).toContain(refused);
      expect(refused).not.toBe('');
    });
    expect(visits).toBe(0);
  });

  test('is given to static hosts as it is sent here, with isolation', async () => {
    const lines = fs.readFileSync(path.join(DIST, '_headers'), 'utf8').trimEnd().split('\n');
    expect(lines.shift()).toBe('/*');
    const written = Object.fromEntries(
      lines.map((line) => {
        const [name, ...value] = line.trim().split(': ');
        return [name.toLowerCase(), value.join(': ')];
      }),
    );
    const policy = await session.tab.page.getAttribute(
      'meta[http-equiv=Content-Security-Policy]',
      'content',
    );
    expect(written).toMatchObject({
      'content-security-policy': policy,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    const worker = [...ownFiles].find((file) => /worker-.*\.js$/.test(file));
    const { headers } = await fetch(session.address + worker);
    expect(Object.fromEntries(headers)).toMatchObject(written);
    expect((await fetch(`${session.address}_headers`)).status).toBe(404);
  });
});
