// The built page in a browser, with every request it makes and every error it meets on record.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { serve } from '../../scripts/serve.mjs';
import { launchChromium } from '../lib/chromium.mjs';

export const root = path.resolve(import.meta.dirname, '..', '..');
export const DIST = path.join(root, 'web', 'app', 'dist');
export const DIGITS = path.join(root, 'examples', 'digits', 'digits.onnx');
export const CALIBRATION = path.join(root, 'examples', 'digits', 'calibration.npy');

/** A file to drop, from a path. */
export const fileOf = (file, name = path.basename(file)) => ({
  name,
  bytes: fs.readFileSync(file),
});

export const temporaryFolder = () => fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-app-'));

/** What a test does with a tab of the page. */
export class Tab {
  constructor(page) {
    this.page = page;
    this.problems = [];
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(message.text());
    });
  }

  shown(selector) {
    return this.page.waitForSelector(selector, { state: 'visible' });
  }

  gone(selector) {
    return this.page.waitForSelector(selector, { state: 'hidden' });
  }

  text(selector) {
    return this.page.textContent(selector);
  }

  /** The id of the element that has the focus. */
  focused() {
    return this.page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName);
  }

  /** The alert's text, once there is one. */
  async alert() {
    await this.shown('.alert');
    return this.text('.alert span');
  }

  /** Drops files as a person would: through a DataTransfer on the page. */
  async drop(...files) {
    const payload = files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') }));
    const dataTransfer = await this.page.evaluateHandle((items) => {
      const data = new DataTransfer();
      for (const { name, base64 } of items) {
        data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
      }
      return data;
    }, payload);
    for (const type of ['dragenter', 'dragover', 'drop']) {
      await this.page.dispatchEvent('body', type, { dataTransfer });
    }
  }

  /** Drops files and folders of this machine's disk, as a file manager would. */
  async dropPaths(...files) {
    const client = await this.page.context().newCDPSession(this.page);
    const data = { items: [], files, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop']) {
      await client.send('Input.dispatchDragEvent', { type, x: 100, y: 100, data });
    }
    await client.detach();
  }

  /** Drops a model, waits until it is open, and shows all options with the static method, as one who sets them by hand. */
  async open(...files) {
    await this.drop(...files);
    await this.shown('#model-title');
    await this.byHand();
  }

  /** Shows all options, whose first is the static method, in the place of a ready-made setting. */
  async byHand() {
    await this.allOptions();
    await this.page.check('#method-static');
  }

  async allOptions() {
    const isOpen = await this.page.$eval('#all-options', (details) => details.open);
    if (!isOpen) await this.page.click('#all-options > summary');
  }

  openDigits() {
    return this.open(fileOf(DIGITS));
  }

  /** Waits until the samples that have been given are described like this. */
  samplesAre(text) {
    return this.page.waitForFunction(
      (expected) => document.getElementById('sample-count')?.textContent === expected,
      text,
    );
  }

  /** Presses Quantize and waits for the whole result. */
  async quantize() {
    await this.page.click('#quantize');
    await this.finished();
  }

  async finished() {
    await this.page.waitForFunction(
      () => !document.getElementById('progress') && document.getElementById('download') !== null,
    );
  }

  /** Clicks a download and gives its path and name. */
  async download(selector = '#download', folder = temporaryFolder()) {
    const [started] = await Promise.all([
      this.page.waitForEvent('download'),
      this.page.click(selector),
    ]);
    const name = started.suggestedFilename();
    const file = path.join(folder, name);
    await started.saveAs(file);
    return { file, name };
  }

  /** Records what is announced to screen readers from now on; `said` gives it. */
  async listen() {
    await this.page.evaluate(() => {
      window.said = [];
      const status = document.getElementById('status');
      new window.MutationObserver(() => window.said.push(status.textContent)).observe(status, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    });
  }

  said() {
    return this.page.evaluate(() => window.said);
  }
}

/**
 * A server, a browser context and a tab of the page for each test of a file; one browser for all of them. `headers` changes what
 * the server sends; `context` are options of the context.
 */
export function eachTestHasPage({ folder = DIST, headers, context: options } = {}) {
  const session = {};
  let browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    const { server, address } = await serve(folder, 0, { headers });
    const served = [];
    server.on('request', ({ url }) => served.push(url));
    const context = await browser.newContext({ acceptDownloads: true, ...options });
    // Work of seconds takes longer beside other suites; a test ends after its own time anyway.
    context.setDefaultTimeout(90_000);
    const requests = [];
    context.on('request', (request) => requests.push(request.url()));
    const newTab = async () => {
      const tab = new Tab(await context.newPage());
      await tab.page.goto(address);
      return tab;
    };
    Object.assign(session, { address, context, newTab, requests, server, served });
    session.tab = await newTab();
  });

  afterEach(async () => {
    await session.context.close();
    session.server.closeAllConnections();
    session.server.close();
  });
  return session;
}
