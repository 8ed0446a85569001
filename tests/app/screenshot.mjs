// Takes the pictures of the page that the documents show: the bundled example, quantized with its samples.
//
//   node tests/app/screenshot.mjs [FOLDER]      (default: docs/; the page must be built)
import fs from 'node:fs';
import path from 'node:path';
import { serve } from '../../scripts/serve.mjs';
import { launchChromium } from '../lib/chromium.mjs';
import { pngOf } from './png.mjs';

const root = path.resolve(import.meta.dirname, '..', '..');
const folder = path.resolve(process.argv[2] ?? path.join(root, 'docs'));
const WIDTH = 1280;
/** Bytes of a picture of a part, at most: a clone has all of them that ever were. */
const MOST = 200_000;

/** The same picture, smaller than browsers write it. */
async function compressed(browser, png) {
  const page = await browser.newPage();
  const pixels = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const bitmap = await window.createImageBitmap(new Blob([bytes]));
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    let text = '';
    for (let i = 0; i < data.length; i += 0x8000) {
      text += String.fromCharCode(...data.subarray(i, i + 0x8000));
    }
    return { width, height, base64: window.btoa(text) };
  }, png.toString('base64'));
  await page.close();
  const { width, height } = pixels;
  // What is opaque needs no fourth channel.
  const opaque = Buffer.from(pixels.base64, 'base64').filter((_, i) => i % 4 !== 3);
  return pngOf(width, height, opaque);
}

const { server, address } = await serve(path.join(root, 'web', 'app', 'dist'));
const browser = await launchChromium();

/** Writes the picture of a part of the page, in page coordinates. */
async function take(page, name, clip, most = MOST) {
  const picture = await page.screenshot({ fullPage: true, clip });
  const file = path.join(folder, `${name}.png`);
  fs.writeFileSync(file, await compressed(browser, picture));
  const { size } = fs.statSync(file);
  process.stdout.write(`${path.relative(root, file)}: ${size} bytes\n`);
  if (size > most) {
    throw new Error(`'${name}.png' has ${size} bytes, expected at most ${most}. Show less in it.`);
  }
}

/** Where an element is, in page coordinates, with room around it; no more than `height` of it. */
const boxOf = (page, selector, height = Infinity) =>
  page.$eval(
    selector,
    (element, most) => {
      const box = element.getBoundingClientRect();
      return {
        x: box.left + window.scrollX - 8,
        y: box.top + window.scrollY - 8,
        width: box.width + 16,
        height: Math.min(box.height, most) + 16,
      };
    },
    height,
  );

try {
  fs.mkdirSync(folder, { recursive: true });
  const page = await browser.newPage({
    viewport: { width: WIDTH, height: 900 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  await page.goto(address);
  await page.click('#try-example');
  await page.waitForSelector('#split-rows', { state: 'visible' });
  await page.click('#quantize');
  await page.waitForSelector('#progress');
  await page.waitForSelector('#progress', { state: 'detached' });
  await page.waitForSelector('#figures .scroll >> nth=1');
  await page.evaluate(() => document.activeElement?.blur());
  const { y, height } = await boxOf(page, '#workspace');
  await take(page, 'page', { x: 0, y: 0, width: WIDTH, height: Math.ceil(y + height) }, Infinity);
  await take(page, 'result', await boxOf(page, '#result', 480));
  await take(page, 'layers', await boxOf(page, '#layers', 420));
  await page.click('#nodes summary');
  await page.waitForSelector('#graph');
  await page.click('#node-table button >> nth=0');
  await page.click('#node-details .link:has-text("histogram") >> nth=0');
  await page.waitForSelector('.weight');
  await page.evaluate(() => document.activeElement?.blur());
  await take(page, 'graph', await boxOf(page, '#nodes .graph'));
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
}
