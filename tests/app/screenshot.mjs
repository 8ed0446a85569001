// Takes the pictures of the page that the documents show: the bundled example, quantized with its samples.
//
//   node tests/app/screenshot.mjs [FOLDER]      (default: docs/; the page must be built)
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { serve } from '../../scripts/serve.mjs';
import { launchChromium } from '../lib/chromium.mjs';

const root = path.resolve(import.meta.dirname, '..', '..');
const folder = path.resolve(process.argv[2] ?? path.join(root, 'docs'));
const WIDTH = 1280;
/** Bytes of a picture of a part, at most: a clone has all of them that ever were. */
const MOST = 200_000;

/** A picture's pixels, as the browser reads them: RGBA. */
async function pixelsOf(browser, png) {
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
  return { ...pixels, data: Buffer.from(pixels.base64, 'base64') };
}

/** A PNG without filters: flat colours and text become smaller so than as browsers write them. */
function pngOf({ width, height, data }) {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0, at = 0; y < height; ++y) {
    at++;
    for (let x = 0; x < width; ++x, at += 3) {
      data.copy(rows, at, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  const chunk = (type, body) => {
    const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]);
    const out = Buffer.alloc(typed.length + 8);
    out.writeUInt32BE(body.length, 0);
    typed.copy(out, 4);
    out.writeUInt32BE(zlib.crc32(typed), typed.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // 8 bits each of red, green and blue.
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', zlib.deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const { server, address } = await serve(path.join(root, 'web', 'app', 'dist'));
const browser = await launchChromium();

/** Writes the picture of a part of the page, in page coordinates. */
async function take(page, name, clip, most = MOST) {
  const picture = await page.screenshot({ fullPage: true, clip });
  const file = path.join(folder, `${name}.png`);
  fs.writeFileSync(file, pngOf(await pixelsOf(browser, picture)));
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
