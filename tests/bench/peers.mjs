// Quantab beside onnxruntime-web in one page of headless Chromium: the same bytes, the same inputs, runs that take turns.
//
//   npm run bench:peers [-- --json FILE] [--rounds N] [--models TEXT,...] [--threads 1,2] [--flavor simd|relaxed]
//
// Prints, for each model, form and number of threads, the medians over rounds of both sides' medians in milliseconds; the median over
// rounds of their ratio (of the peer's time to ours); how many times faster ours is than our own float32, also in turns; the share of
// the machine's peak that ours reaches, where the multiply-adds are known, from a loop of the one instruction in the same page; and the
// most memory of both modules. Then the geometric means, and the time from nothing to a model that can run.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { serve } from '../../scripts/serve.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import { Failure, main } from '../../scripts/lib/run.mjs';
import { launchChromium } from '../lib/chromium.mjs';
import { median, rounds } from './models/rounds.mjs';
import { makeForms } from './peers/forms.mjs';

const OUT = path.join(root, 'tests', '.out', 'peers');
const PEAKS = {
  simd: 'build/wasm-simd/quantab_peaks.wasm',
  relaxed: 'build/wasm-relaxed/quantab_peaks.wasm',
};

function chosen() {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      rounds: { type: 'string', default: String(rounds.count) },
      models: { type: 'string', default: '' },
      threads: { type: 'string', default: '1,2' },
      flavor: { type: 'string', default: 'relaxed' },
    },
  });
  const count = Number(values.rounds);
  if (!(count >= 1)) throw new Failure(`'--rounds' is '${values.rounds}', expected 1 or more.`);
  if (!(values.flavor in PEAKS)) {
    throw new Failure(`'--flavor' is '${values.flavor}', expected 'simd' or 'relaxed'.`);
  }
  const threads = values.threads.split(',').map(Number);
  const wrong = threads.find((n) => !(n >= 1));
  if (wrong !== undefined) throw new Failure(`'--threads' holds '${wrong}', expected 1 or more.`);
  return { ...values, count, threads, parts: values.models.split(',').filter(Boolean) };
}

/** A page of this repository that may share memory, in which both packages can be imported. */
async function openPage(browser, address) {
  const page = await browser.newPage();
  await page.goto(`${address}tests/bench/peers/page.html`);
  return page;
}

const inPage = (page, name, argument) =>
  page.evaluate(([f, value]) => globalThis[f](value), [name, argument]);

/** The part of the peak of the instruction that the form is made of. */
function peakShare({ form, multiplyAdds }, ms, peaks) {
  if (multiplyAdds === undefined) return null;
  const peak = form === 'float32' ? peaks.float : Math.max(peaks.dot8 ?? 0, peaks.dot16);
  return multiplyAdds / (ms / 1000) / peak;
}

const addressOf = (file) => `/${path.relative(root, file)}`;

/** How many times faster than the float32 original, which has no such figure. */
async function floatRatio(page, model, call) {
  if (model.form === 'float32') return null;
  const float = addressOf(model.original);
  const results = await inPage(page, 'measureBesideFloat', { ...call, float });
  return median(results.map(({ quantab, float: original }) => original / quantab));
}

async function measureRow(page, model, threads, options, peaks) {
  const { form } = model;
  const call = {
    address: addressOf(model.file),
    threads,
    flavor: options.flavor,
    count: options.count,
    budget: rounds.budget,
  };
  const { rounds: results, memory } = await inPage(page, 'measure', call);
  const ours = median(results.map(({ quantab }) => quantab));
  return {
    model: model.name,
    format: form,
    threads,
    ours_ms: ours,
    peer_ms: median(results.map(({ peer }) => peer)),
    ratio: median(results.map(({ quantab, peer }) => peer / quantab)),
    float_ratio: await floatRatio(page, model, call),
    peak_share: peakShare(model, ours, peaks),
    memory,
  };
}

const WIDTHS = [24, 11, 8, 10, 10, 8, 10, 7, 18];
const line = (cells) =>
  console.log(
    cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]) : cell.padStart(WIDTHS[i]))).join(''),
  );
const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(0);

function printRow(row) {
  const { model, format, threads, ours_ms, peer_ms, ratio, float_ratio, peak_share, memory } = row;
  line([
    model,
    format,
    String(threads),
    ours_ms.toFixed(2),
    peer_ms.toFixed(2),
    `${ratio.toFixed(2)}x`,
    float_ratio === null ? '' : `${float_ratio.toFixed(2)}x`,
    peak_share === null ? '' : `${(100 * peak_share).toFixed(0)} %`,
    `${megabytes(memory.quantab)} / ${megabytes(memory.peer)}`,
  ]);
}

const geometric = (values) =>
  values.length === 0
    ? null
    : Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** Over the rows of one thread. */
function geomeanOf(rows) {
  const ratios = (floats) =>
    rows
      .filter(({ threads, format }) => threads === 1 && (format === 'float32') === floats)
      .map(({ ratio }) => ratio);
  return { int8: geometric(ratios(false)), float32: geometric(ratios(true)) };
}

await main(async () => {
  const options = chosen();
  fs.rmSync(OUT, { recursive: true, force: true });
  fs.mkdirSync(OUT, { recursive: true });
  const models = await makeForms(OUT, options.parts);
  if (models.length === 0) throw new Failure(`No model's name holds '${options.models}'.`);
  const { server, address } = await serve(root);
  const browser = await launchChromium();
  try {
    const rows = [];
    let start;
    for (const threads of options.threads) {
      const page = await openPage(browser, address);
      const small = models.find(({ form }) => form !== 'float32');
      start ??= await inPage(page, 'startUp', {
        address: addressOf(small.file),
        threads,
        flavor: options.flavor,
      });
      const peaks = await inPage(page, 'peaks', `/${PEAKS[options.flavor]}`);
      if (rows.length === 0) {
        line([
          '',
          'form',
          'threads',
          'quantab',
          'ort-web',
          'faster',
          'by float',
          'peak',
          'memory, MiB',
        ]);
      }
      for (const model of models) {
        rows.push(await measureRow(page, model, threads, options, peaks));
        printRow(rows.at(-1));
      }
      await page.close();
    }
    const geomean = geomeanOf(rows);
    const mean = (value) => (value === null ? 'none' : `${value.toFixed(2)}x`);
    console.log(
      `\ngeometric means, one thread: int8 ${mean(geomean.int8)}, float32 ${mean(geomean.float32)}`,
      `\nfrom nothing to a model: quantab ${start.quantab.toFixed(0)} ms, ort-web ${start.peer.toFixed(0)} ms`,
    );
    if (options.json) {
      fs.writeFileSync(options.json, `${JSON.stringify({ rows, geomean, start }, null, 2)}\n`);
    }
  } finally {
    await browser.close();
    server.close();
    fs.rmSync(OUT, { recursive: true, force: true });
  }
});
