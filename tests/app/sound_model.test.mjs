// A model of sounds, from the drop of WAV files to a better model, and all of it again without a network.
import { expect, test } from '@jest/globals';
import { openModel } from 'quantab';
import { readSamples } from 'quantab/samples';
import { violations } from './axe.mjs';
import { SOUND_NETWORK, tones } from './networks.mjs';
import { eachTestHasPage } from './page.mjs';
import { goOffline, quantizeAndImprove } from './whole_way.mjs';

const session = eachTestHasPage();
const RATE = 16000;
const model = { name: 'sounds.onnx', bytes: SOUND_NETWORK };
const sounds = tones(12, RATE, 0.25);

test('a model of sounds: guessed, seen, quantized, improved, downloaded, and again offline', async () => {
  const { tab } = session;
  const { page } = tab;
  await tab.drop(model, ...sounds);
  await tab.shown('#model-title');
  await tab.samplesAre('12 sample files.');

  await tab.shown('#audio-options');
  expect(await page.inputValue('#kind-0')).toBe('audio');
  expect(await page.inputValue('#audio-samplingRate')).toBe(String(RATE));
  expect(await page.inputValue('#audio-features')).toBe('waveform');
  expect(await page.inputValue('#audio-length')).toBe('1600');
  expect(await page.isVisible('#sample-warnings')).toBe(false);
  await page.check('#audio-split');
  await tab.samplesAre('12 sample files, used as 24 samples.');

  await page.click('#preview summary');
  await tab.shown('#preview canvas');
  expect(await page.getAttribute('#preview canvas', 'aria-label')).toBe(
    "The waveform that 'waveform' is given: 0.1 s at 16000 Hz",
  );
  expect(await violations(page)).toEqual([]);

  const { file } = await quantizeAndImprove(tab, 'static');
  expect(await tab.text('#made-with')).toContain('on 24 samples');

  const made = await openModel(file);
  const files = sounds.map(({ name, bytes }) => ({ path: name, bytes: async () => bytes }));
  for await (const sample of await readSamples(files, made.info.inputs)) {
    const { scores } = await made.run(sample);
    expect(scores.dims).toEqual([1, 4]);
    expect(scores.data.every(Number.isFinite)).toBe(true);
  }
  made.close();

  await goOffline(session);
  expect(await violations(page)).toEqual([]);
  await tab.drop(...sounds);
  expect(await tab.alert()).toMatch(/is kept, as samples for the model that you open next/);
  await tab.drop(model);
  await tab.shown('#model-title');
  await tab.samplesAre('12 sample files.');
  await tab.quantize();
  expect(await tab.text('#figures')).toContain('(12 samples)');
  expect(await violations(page)).toEqual([]);
  expect((await tab.download()).name).toBe('sounds.static.int8.onnx');
  expect(tab.problems).toEqual([]);
});
