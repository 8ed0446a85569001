// Judging a quantized model: layer reports, and comparison against labels.
import { describe, expect, test } from '@jest/globals';
import { BAD, convNet, images } from './conv_net.mjs';
import { openers } from './entries.mjs';
import { keep } from './keep.mjs';
import { digitSamples, digitsPath } from './lib.mjs';

const cancelled = { name: 'AbortError', code: 'Cancelled' };

describe.each(openers)('%s', (_, open) => {
  test('the layer that is to blame is the first', async () => {
    const model = await keep(open(convNet()));
    const quantized = await keep(model.quantizeStatic({ calibrationData: images }));
    const progress = [];
    const report = await model.layerReport(quantized, images, {
      onProgress: ({ stage, done, total }) => progress.push(`${stage} ${done}/${total}`),
    });
    expect(report).toMatchObject({ samples: 4, layers: expect.any(Array) });
    expect(report.layers[0]).toMatchObject({
      name: `r${BAD + 1}`,
      nodes: [`c${BAD}`, `r${BAD + 1}`],
      opType: 'Conv+Relu',
    });
    expect(report.layers[0].own.sqnrDb).toBeLessThan(10);
    expect(report.weights[0]).toMatchObject({
      name: `w${BAD}`,
      nodes: [`c${BAD}`],
      type: 'int8',
      scheme: 'tensor',
      axis: null,
      bytesBefore: 576,
      bytesAfter: 144 + 5,
    });
    const own = report.layers.map((layer) => layer.own.sqnrDb);
    expect(own).toEqual(own.toSorted((a, b) => a - b));
    expect(report.peakActivationBytes).toBeGreaterThan(4 * 256 * 2);
    expect(progress.at(-1)).toBe('compare 4/4');

    // A model of another family.
    const other = await keep(open(await quantized.bytes()));
    expect(await model.layerReport(other, images)).toEqual(report);
  });

  test('a report can be cancelled', async () => {
    const model = await keep(open(convNet()));
    const quantized = await keep(model.quantizeDynamic({ opTypesToQuantize: ['Conv'] }));
    const controller = new AbortController();
    await expect(
      model.layerReport(quantized, images, {
        signal: controller.signal,
        onProgress: ({ stage, done }) => stage === 'compare' && done === 2 && controller.abort(),
      }),
    ).rejects.toMatchObject(cancelled);
    expect((await model.layerReport(quantized, images)).samples).toBe(4);
  });

  test('what is wrong with a report is said', async () => {
    const model = await keep(open(convNet()));
    await expect(model.layerReport({}, images)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: 'A layer report needs the quantized Model.',
    });
    await expect(model.layerReport(model, [])).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(/no sample/),
    });
  });

  test('accuracy is measured by labels', async () => {
    const model = await keep(open(digitsPath));
    const quantized = await keep(model.quantizeDynamic());
    const samples = digitSamples(6);
    const found = [];
    for (const sample of samples) {
      const { logits } = await model.run(sample);
      found.push(logits.data.indexOf(Math.max(...logits.data)));
    }
    const wrong = found.map((label, i) => (i < 3 ? label : (label + 1) % 10));
    const { outputs } = await model.compare(quantized, samples, { labels: wrong });
    expect(outputs[0]).toMatchObject({ referenceTop1Accuracy: 0.5 });
    expect(outputs[0].referenceTop5Accuracy).toBeGreaterThanOrEqual(0.5);
    expect(outputs[0].top1Accuracy).toBeGreaterThan(0);
    const without = (await model.compare(quantized, samples)).outputs[0];
    expect(without).not.toHaveProperty('top1Accuracy');
    expect(without.top5Agreement).toBeGreaterThan(0.5);
  });

  test.each([
    [[1, 2], 'There are 2 labels and more samples. Give one label for each sample.'],
    [[1, 2, 3, 4], 'There are 4 labels and 3 samples. Give one label for each sample.'],
    [[1, 2, -3], 'labels[2] must be a whole number of at least 0, got -3.'],
    [7, 'labels must be an iterable of numbers: the class of each sample, counted from 0.'],
    [[1, 2, 10], expect.stringMatching(/^No output has, .* up to label 10\./)],
  ])('labels %j are refused', async (labels, message) => {
    const model = await keep(open(digitsPath));
    await expect(model.compare(model, digitSamples(3), { labels })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message,
    });
  });
});
