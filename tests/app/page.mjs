// The built page in a browser, with every request it makes on record.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { serve } from '../../scripts/serve.mjs';
import { launchChromium } from '../lib/chromium.mjs';

export const root = path.resolve(import.meta.dirname, '..', '..');
export const DIGITS = path.join(root, 'examples', 'digits', 'digits.onnx');
export const CALIBRATION = path.join(root, 'examples', 'digits', 'calibration.npy');

/** Serves the page and opens it; `close` ends both. */
export async function openPage() {
  const { server, address } = await serve(path.join(root, 'web', 'app', 'dist'));
  const browser = await launchChromium();
  const context = await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  const requests = [];
  const problems = [];
  context.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.goto(address);
  return {
    address,
    context,
    page,
    problems,
    requests,
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** Drops files on the page as a person would: through a DataTransfer on the window. */
export async function drop(page, files) {
  const payload = files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') }));
  const transfer = await page.evaluateHandle((items) => {
    const data = new DataTransfer();
    for (const { name, base64 } of items) {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      data.items.add(new File([bytes], name));
    }
    return data;
  }, payload);
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent('body', type, { dataTransfer: transfer });
  }
}

export const fileOf = (file, name = path.basename(file)) => ({
  name,
  bytes: fs.readFileSync(file),
});

/** Clicks the download and gives its path and name. */
export async function download(page) {
  const [started] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  const name = started.suggestedFilename();
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-')), name);
  await started.saveAs(file);
  return { file, name };
}
