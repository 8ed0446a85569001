// Going on after a reload: what is kept, how it is offered, and what is said when it cannot be had again.
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { writeNpy } from 'quantab/samples';
import { matmulModel } from './models.mjs';
import { CALIBRATION, DIGITS, eachTestHasPage, fileOf, temporaryFolder } from './page.mjs';

const session = eachTestHasPage();
const SAMPLES = '1 sample file, 300 rows, used as 300 samples.';
const COPIES = 'a copy of the files is kept';

const keptSays = (tab, text) =>
  tab.page.waitForFunction(
    (expected) => document.getElementById('kept')?.textContent.includes(expected),
    text,
  );

/** What the browser keeps, with handles and copies in words. */
const kept = (tab) =>
  tab.page.evaluate(async () => {
    const request = window.indexedDB.open('quantab', 1);
    const database = await new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const get = (key) =>
      new Promise((resolve) => {
        const reading = database.transaction('session').objectStore('session').get(key);
        reading.onsuccess = () => resolve(reading.result);
      });
    const [files, state] = [await get('files'), await get('state')];
    database.close();
    const inWords = ({ origin, copy }) => {
      if (copy !== undefined) return 'copy';
      return origin === undefined ? 'lost' : [origin.root.kind, ...origin.path].join('/');
    };
    return {
      title: files?.title,
      model: files?.model.map(inWords),
      samples: files?.samples.map(inWords),
      settings: state?.settings,
      results: state?.runs.filter(({ judgement }) => judgement !== undefined).length,
    };
  });

/** Waits until what is kept passes a check. */
async function stored(tab, check) {
  for (const end = Date.now() + 30_000; !check(await kept(tab));) {
    if (Date.now() > end) throw new Error(`Kept: ${JSON.stringify(await kept(tab))}`);
    await tab.page.waitForTimeout(50);
  }
}

async function reload(tab) {
  await tab.page.reload();
  await tab.shown('#go-on-now');
}

const goOn = async (tab) => {
  await tab.page.click('#go-on-now');
  await tab.shown('#model-title');
};

describe('without access to the disk', () => {
  test('copies of the files, the settings and the results come back', async () => {
    const { tab } = session;
    const { page } = tab;
    await tab.openDigits();
    await tab.drop(fileOf(CALIBRATION));
    await tab.samplesAre(SAMPLES);
    await page.selectOption('#option-calibrate_method', 'Percentile');
    await tab.quantize();
    const figures = await tab.text('#figures table >> nth=1');
    await page.uncheck('#split-rows');
    await page.check('#option-per_channel');
    await keptSays(tab, COPIES);
    await stored(
      tab,
      ({ settings, samples }) => settings.own.options.perChannel && samples.length === 1,
    );

    await reload(tab);
    expect(await tab.text('#go-on p')).toBe("Last time: 'digits.onnx', 1 sample file, 1 result.");
    await goOn(tab);
    await tab.samplesAre('1 sample file, 300 rows, used as 1 sample.');
    await tab.allOptions();
    expect(await page.isChecked('#preset-own')).toBe(true);
    expect(await page.isChecked('#split-rows')).toBe(false);
    expect(await page.isChecked('#option-per_channel')).toBe(true);
    expect(await page.inputValue('#option-calibrate_method')).toBe('Percentile');
    expect(await tab.text('#made-with')).toContain('Calibrate method: Percentile');
    expect(await tab.text('#figures table >> nth=1')).toBe(figures);
    expect(await page.$('#download')).toBeNull();
    expect(await tab.text('#files-gone')).toContain('the file is not');
    // Without the file there is nothing to make histograms of.
    expect(await page.locator('#layers tbody tr').count()).toBeGreaterThan(0);
    expect(await page.locator('#layers [aria-expanded]').count()).toBe(0);
    const { file } = await tab.download('#report-1');
    expect(fs.readFileSync(file, 'utf8')).toContain('Percentile');

    await page.check('#split-rows');
    await tab.samplesAre(SAMPLES);
    await page.click('#make-again');
    await tab.finished();
    expect(await tab.text('#result-title')).toBe('Result 2');
    expect(await tab.text('#figures table >> nth=1')).toBe(figures);
    expect(await page.locator('#layers [aria-expanded=false]').count()).toBeGreaterThan(0);
    expect((await tab.download()).name).toBe('digits.static.int8.onnx');
    expect(tab.problems).toEqual([]);
  });

  test('what a ready-made setting comes to is kept as such', async () => {
    const { tab } = session;
    await tab.drop(fileOf(DIGITS));
    await tab.shown('#model-title');
    await tab.page.check('#preset-transformers-js');
    await stored(tab, ({ settings }) => settings?.preset === 'transformers.js');
    await reload(tab);
    await goOn(tab);
    expect(await tab.page.isChecked('#preset-transformers-js')).toBe(true);
  });

  test('the example goes on as well, and another model takes its place', async () => {
    const { tab } = session;
    await tab.page.click('#try-example');
    await tab.samplesAre(SAMPLES);
    await stored(tab, ({ samples }) => samples?.length === 1);
    await reload(tab);
    await goOn(tab);
    await tab.samplesAre(SAMPLES);
    await tab.page.click('#close-model');
    await tab.open(fileOf(DIGITS, 'other.onnx'));
    await stored(tab, ({ title, results }) => title === 'other.onnx' && results === 0);
    await reload(tab);
    expect(await tab.text('#go-on')).toContain("'other.onnx', 0 sample files, 0 results");
  });

  test('it can be forgotten', async () => {
    const { tab } = session;
    await tab.openDigits();
    await keptSays(tab, COPIES);
    await tab.page.click('#close-model');
    await tab.shown('#forget');
    await tab.page.click('#forget');
    await tab.gone('#go-on');
    expect(await tab.focused()).toBe('pick-model');
    await stored(tab, ({ title, settings }) => title === undefined && settings === undefined);
    await tab.page.reload();
    await tab.page.waitForTimeout(500);
    expect(await tab.page.isVisible('#go-on')).toBe(false);
  });

  test('files over the limit must be dropped again', async () => {
    const { tab } = session;
    const large = path.join(temporaryFolder(), 'large.npy');
    const rows = 2 ** 21;
    const data = { dtype: 'float32', dims: [rows, 8], data: new Float32Array(rows * 8) };
    fs.writeFileSync(large, writeNpy(data));
    await tab.open({ name: 'model.onnx', bytes: matmulModel(['rows', 8]) });
    await tab.page.setInputFiles('#pick-samples', large);
    await tab.samplesAre('1 sample file.');
    await keptSays(
      tab,
      'must drop 1 file again: without access to the disk, this page copies 64 MB',
    );
    await stored(tab, ({ samples }) => samples.join() === 'lost');
    await reload(tab);
    await goOn(tab);
    expect(await tab.alert()).toBe(
      "Not found again: 'large.npy'. Drop the samples again to use them.",
    );
    expect(await tab.text('#sample-count')).toBe('No samples yet.');
  });

  test('where there is no room for copies, work goes on once the files are dropped again', async () => {
    const { tab, context, address } = session;
    const client = await context.newCDPSession(tab.page);
    const origin = new URL(address).origin;
    await client.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 200_000 });
    await tab.openDigits();
    await tab.page.check('#method-dynamic');
    await keptSays(tab, 'must drop 1 file again');
    await tab.quantize();
    await stored(tab, ({ model, results }) => model.join() === 'lost' && results === 1);
    await reload(tab);
    await tab.page.click('#go-on-now');
    expect(await tab.alert()).toContain("Not found again: 'digits.onnx'. Drop the model here");
    await tab.drop(fileOf(DIGITS));
    await tab.shown('#result-title');
    expect(await tab.text('#made-with')).toMatch(/^Dynamic/);
  });

  test('a browser without a database says so, and everything else works', async () => {
    const { context, address } = session;
    const page = await context.newPage();
    await page.addInitScript(() => {
      Object.defineProperty(window, 'indexedDB', {
        value: {
          open() {
            throw new window.DOMException('Not in this window.', 'SecurityError');
          },
        },
      });
    });
    await page.goto(address);
    await page.click('#try-example');
    await page.waitForSelector('#model-title', { state: 'visible' });
    await keptSays({ page }, 'This window keeps nothing');
    await page.click('#quantize');
    await page.waitForSelector('#save-report', { state: 'visible' });
  });
});

describe('with access to the disk', () => {
  function onDisk() {
    const folder = temporaryFolder();
    const model = path.join(folder, 'digits.onnx');
    fs.copyFileSync(DIGITS, model);
    const samples = path.join(folder, 'samples');
    fs.mkdirSync(samples);
    for (let i = 0; i < 3; ++i) fs.copyFileSync(CALIBRATION, path.join(samples, `${i}.npy`));
    return { folder, model, samples };
  }
  const THREE = '3 sample files, 900 rows, used as 900 samples.';

  test('a model and a folder of samples are read again from where they are', async () => {
    const { tab } = session;
    const { model, samples } = onDisk();
    await tab.dropPaths(model, samples);
    await tab.shown('#model-title');
    await tab.samplesAre(THREE);
    await keptSays(tab, 'this browser remembers where the files are');
    await stored(
      tab,
      ({ model, samples }) =>
        [...model, ...samples.sort()].join() ===
        'file,directory/0.npy,directory/1.npy,directory/2.npy',
    );
    await reload(tab);
    await goOn(tab);
    await tab.samplesAre(THREE);
    await tab.quantize();
    expect(tab.problems).toEqual([]);
  });

  test('what has gone is named', async () => {
    const { tab } = session;
    const { model, samples } = onDisk();
    await tab.dropPaths(model, samples);
    await tab.samplesAre(THREE);
    await keptSays(tab, 'this browser remembers where the files are');
    await stored(tab, ({ samples }) => samples.length === 3);
    fs.rmSync(path.join(samples, '1.npy'));
    await reload(tab);
    await goOn(tab);
    expect(await tab.alert()).toBe(
      "Not found again: 'samples/1.npy'. Drop the samples again to use them.",
    );
    await tab.samplesAre('2 sample files, 600 rows, used as 600 samples.');
  });

  test('a model that has gone can be dropped anew, with its settings and results', async () => {
    const { tab } = session;
    const { model } = onDisk();
    await tab.dropPaths(model);
    await tab.shown('#model-title');
    await tab.byHand();
    await tab.page.check('#method-dynamic');
    await tab.quantize();
    await stored(tab, ({ results }) => results === 1);
    fs.rmSync(model);
    await reload(tab);
    await tab.page.click('#go-on-now');
    expect(await tab.alert()).toContain("Not found again: 'digits.onnx'. Drop the model here");
    await tab.drop(fileOf(DIGITS));
    await tab.shown('#model-title');
    expect(await tab.text('#runs thead')).toContain('1. digits.dynamic.int8.onnx');
    await tab.allOptions();
    expect(await tab.page.isChecked('#method-dynamic')).toBe(true);
    expect(tab.problems).toEqual([]);
  });

  test('refused access is said, and may be given later', async () => {
    const { tab, context } = session;
    const { model } = onDisk();
    await tab.dropPaths(model);
    await tab.shown('#model-title');
    await stored(tab, (files) => files.model?.join() === 'file');
    // The question is the system's: this is a person who says no once.
    await context.addInitScript(() => {
      const answers = ['denied', 'granted'];
      Object.assign(window.FileSystemHandle.prototype, {
        queryPermission: () => Promise.resolve('prompt'),
        requestPermission: () => Promise.resolve(answers.shift()),
      });
    });
    await reload(tab);
    await tab.page.click('#go-on-now');
    expect(await tab.alert()).toBe(
      "The browser gave no access to 'digits.onnx'. Drop the model here, or press “Go on” again: its settings and results are kept until then.",
    );
    await goOn(tab);
    expect(await tab.page.isVisible('.alert')).toBe(false);
  });

  /** The dialog is the system's: files of the page's own file system are what it gives here. */
  const pickerGives = (page, ...paths) =>
    page.evaluate(
      async (files) => {
        const root = await navigator.storage.getDirectory();
        const handles = [];
        for (const { name, base64 } of files) {
          const handle = await root.getFileHandle(name, { create: true });
          const writable = await handle.createWritable();
          await writable.write(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
          await writable.close();
          handles.push(handle);
        }
        window.showOpenFilePicker = () => Promise.resolve(handles);
      },
      paths.map((file) => ({
        name: path.basename(file),
        base64: fs.readFileSync(file).toString('base64'),
      })),
    );

  test('the pickers give access too', async () => {
    const { tab } = session;
    const { page } = tab;
    await pickerGives(page, DIGITS);
    await page.click('label[for=pick-model]');
    await tab.shown('#model-title');
    await pickerGives(page, CALIBRATION);
    await page.click('label[for=pick-samples]');
    await tab.samplesAre(SAMPLES);
    await keptSays(tab, 'this browser remembers where the files are');
    await stored(tab, ({ model, samples }) => [model, samples].join() === 'file,file');
    await reload(tab);
    await goOn(tab);
    expect(await tab.text('#model-title')).toBe('digits.onnx');
    await tab.samplesAre(SAMPLES);
    expect(tab.problems).toEqual([]);
  });

  test('a picker that gives no access is one all the same', async () => {
    const { page } = session.tab;
    const refuse = (name) =>
      page.evaluate((kind) => {
        window.showOpenFilePicker = () => Promise.reject(new window.DOMException('No.', kind));
      }, name);
    await refuse('AbortError');
    await page.click('label[for=pick-model]');
    await refuse('SecurityError');
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.click('label[for=pick-model]'),
    ]);
    await chooser.setFiles(DIGITS);
    await session.tab.shown('#model-title');
    await keptSays(session.tab, COPIES);
  });

  test('many single files are copied, so that the browser need not ask for each', async () => {
    const { tab } = session;
    const { folder, model } = onDisk();
    const files = Array.from({ length: 5 }, (_, i) => path.join(folder, `${i}.npy`));
    for (const file of files) fs.copyFileSync(CALIBRATION, file);
    await tab.dropPaths(model, ...files);
    await tab.samplesAre('5 sample files, 1,500 rows, used as 1,500 samples.');
    await keptSays(tab, COPIES);
    await stored(tab, ({ samples }) => samples.join() === 'copy,copy,copy,copy,copy');
    for (const file of [model, ...files]) fs.rmSync(file);
    await reload(tab);
    await goOn(tab);
    await tab.samplesAre('5 sample files, 1,500 rows, used as 1,500 samples.');
    await tab.quantize();
    expect(tab.problems).toEqual([]);
  });
});
