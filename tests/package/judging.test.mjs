// Finding the nodes that do not bear quantization: sensitivity, and what to keep in float.
import { describe, expect, test } from '@jest/globals';
import { BAD, COUNT, convNet, images } from './conv_net.mjs';
import { openers } from './entries.mjs';
import { keep } from './keep.mjs';
import { hex } from './lib.mjs';

const cancelled = { name: 'AbortError', code: 'Cancelled' };
const badNode = `c${BAD}`;

/** A figure of another form of the model, as compare() has it. */
const figureOf = async (model, other, key) => (await model.compare(other, images)).outputs[0][key];

describe.each(openers)('%s', (_, open) => {
  test('the node that is to blame is the most sensitive', async () => {
    const model = await keep(open(convNet()));
    const progress = [];
    const report = await model.sensitivity({
      samples: images,
      onProgress: ({ stage, done, total }) => progress.push(`${stage} ${done}/${total}`),
    });
    expect(report).toMatchObject({ metric: 'sqnrDb', largerIsBetter: true, samples: 4 });
    expect(report.nodes[0]).toMatchObject({ node: badNode, opType: 'Conv' });
    expect(report.nodes.filter(({ opType }) => opType === 'Conv')).toHaveLength(COUNT);
    const values = report.nodes.map(({ value }) => value);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe('compare 8/8');

    for (const { node, value } of report.nodes.slice(0, 2)) {
      const options = { calibrationData: images, nodesToQuantize: [node] };
      const alone = await keep(model.quantizeStatic(options));
      expect(value).toBeCloseTo(await figureOf(model, alone, 'sqnrDb'), 3);
    }
  });

  test('sensitivity goes by the options, the recipe and the metric', async () => {
    const model = await keep(open(convNet()));
    const perChannel = await model.sensitivity({
      samples: images,
      perChannel: true,
      nodesToQuantize: [badNode],
      metric: 'maxAbsError',
    });
    const perTensor = await model.sensitivity({
      samples: images,
      recipe: { quantize_static: { nodes_to_quantize: [badNode] } },
      metric: 'maxAbsError',
    });
    expect(perTensor).toMatchObject({ metric: 'maxAbsError', largerIsBetter: false });
    expect([perChannel.nodes.length, perTensor.nodes.length]).toEqual([1, 1]);
    expect(perTensor.nodes[0].value).toBe(perTensor.nodes[0].maxAbsError);
    const recipe = { quantize_dynamic: { op_types_to_quantize: ['Conv'] } };
    const dynamic = await model.sensitivity({ samples: images, recipe });
    expect(dynamic.nodes).toHaveLength(COUNT);
    expect(dynamic.nodes[0].node).toBe(badNode);
  });

  test('few nodes are suggested to stay in float', async () => {
    const model = await keep(open(convNet()));
    const log = [];
    const found = await model.suggest({
      samples: images,
      target: { metric: 'sqnrDb', value: 20 },
      runs: 3,
      onLog: (level, message) => log.push(`${level}: ${message}`),
    });
    const suggested = await keep(found.model);
    expect(found).toMatchObject({
      metric: 'sqnrDb',
      largerIsBetter: true,
      target: 20,
      met: true,
      complete: true,
      kept: [{ node: badNode, opType: 'Conv' }],
    });
    expect(log[0]).toMatch(/^info: Keeping 0 of \d+ nodes in float is not enough\.$/);
    expect(log).toHaveLength(found.trials);
    expect(suggested.recipe).toEqual({ quantize_static: { nodes_to_exclude: [badNode] } });
    expect(suggested.python).toContain('nodes_to_exclude');

    const again = await keep(model.convert(suggested.recipe, { calibrationData: images }));
    expect(hex(await again.bytes())).toBe(hex(await suggested.bytes()));
    expect(suggested.ranges).toEqual(again.ranges);
    const all = await keep(model.quantizeStatic({ calibrationData: images }));
    const { original, quantized, suggested: result } = found;
    expect(original).toMatchObject({ bytes: model.byteLength, value: null });
    expect(quantized.bytes).toBe(all.byteLength);
    expect(result.bytes).toBe(suggested.byteLength);
    expect(quantized.value).toBeCloseTo(await figureOf(model, all, 'sqnrDb'), 3);
    expect(result.value).toBeCloseTo(await figureOf(model, suggested, 'sqnrDb'), 3);
    for (const { latency } of [original, quantized, result]) {
      expect(latency).toMatchObject({ runs: 3, median: expect.any(Number) });
    }
  });

  test('a search that is stopped gives the best so far', async () => {
    const model = await keep(open(convNet()));
    const stopping = new AbortController();
    const found = await model.suggest({
      samples: images,
      target: { value: 20 },
      runs: 0,
      stop: stopping.signal,
      onLog: () => stopping.abort(),
    });
    await keep(found.model);
    expect(found).toMatchObject({ met: false, complete: false, trials: 1, kept: [] });
    expect(found.suggested.value).toBe(found.quantized.value);
    expect(found.original.latency).toBeNull();

    const early = model.suggest({
      samples: images,
      target: { value: 20 },
      stop: AbortSignal.abort(),
    });
    await expect(early).rejects.toMatchObject({ code: 'Cancelled' });
  });

  test('recipes are tried side by side', async () => {
    const model = await keep(open(convNet()));
    const recipes = {
      plain: { quantize_static: {} },
      kept: { quantize_static: { nodes_to_exclude: [badNode] } },
      worse: { quantize_static: { nodes_to_exclude: ['c0'] } },
      wrong: { quantize_static: { weight_type: 'QInt9' } },
      half: { convert_float_to_float16: { keep_io_types: true } },
    };
    const seen = [];
    const report = await model.tryAll(recipes, {
      samples: images,
      runs: 0,
      onTrial: ({ name, best }) => seen.push([name, best]),
    });
    expect(report).toMatchObject({
      metric: 'sqnrDb',
      largerIsBetter: true,
      original: { bytes: model.byteLength, value: null, latency: null },
    });
    expect(seen).toEqual(Object.keys(recipes).map((name) => [name, false]));
    const [plain, kept, worse, wrong, half] = report.trials;
    expect(report.trials.map(({ recipe }) => recipe)).toEqual(Object.values(recipes));
    const options = { calibrationData: images };
    for (const { recipe, figures } of [plain, kept, half]) {
      const made = await keep(model.convert(recipe, options));
      expect(figures.bytes).toBe(made.byteLength);
      expect(figures.value).toBeCloseTo(await figureOf(model, made, 'sqnrDb'), 6);
    }
    expect(wrong).toMatchObject({
      figures: null,
      best: false,
      error: { code: 'InvalidArgument', message: expect.stringContaining('QInt9') },
    });
    expect(kept.figures.value).toBeGreaterThan(worse.figures.value + 10);
    for (const { figures, best } of [plain, kept, worse, half]) {
      const beaten = [plain, kept, worse, half].some(
        (other) =>
          other.figures.bytes <= figures.bytes &&
          other.figures.value >= figures.value &&
          (other.figures.bytes < figures.bytes || other.figures.value > figures.value),
      );
      expect(best).toBe(!beaten);
    }
    expect(report.trials.filter(({ best }) => best).length).toBeGreaterThan(0);
    expect(worse.best).toBe(false);

    const timed = await model.tryAll([recipes.plain, recipes.kept], { samples: images, runs: 3 });
    expect(timed.trials.map(({ name }) => name)).toEqual(['1', '2']);
    for (const { latency } of [timed.original, ...timed.trials.map(({ figures }) => figures)]) {
      expect(latency.runs).toBe(3);
    }
  });

  test.each([
    ['sensitivity', {}],
    ['suggest', { target: { value: 20 } }],
  ])('%s can be cancelled', async (method, more) => {
    const model = await keep(open(convNet()));
    const controller = new AbortController();
    const call = {
      ...more,
      samples: images,
      signal: controller.signal,
      onProgress: ({ done }) => done === 6 && controller.abort(),
    };
    await expect(model[method](call)).rejects.toMatchObject(cancelled);
    expect((await model.sensitivity({ samples: images })).samples).toBe(4);
  });

  test.each([
    [null, {}, /^These are no recipes\./],
    [[{}], 7, /^Options must be an object, got 7\.$/],
    [{}, {}, /^There is no recipe to try\./],
    [[{}], { samples: [] }, /^There was no sample to compare on\./],
    [[{}], { samples: images, runs: -1 }, /^runs must be a whole number of at least 0/],
  ])('recipes cannot be tried (%#)', async (recipes, call, message) => {
    const model = await keep(open(convNet()));
    const given = typeof call === 'object' ? { samples: images, ...call } : call;
    await expect(model.tryAll(recipes, given)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ['sensitivity', undefined, /^Options must be an object, got undefined\.$/],
    ['suggest', undefined, /^Options must be an object, got undefined\.$/],
    ['sensitivity', {}, /^A sensitivity scan reads the samples again and again\./],
    ['sensitivity', { samples: [] }, /^There was no sample to measure on\./],
    ['sensitivity', { samples: images, metric: 'psnr' }, /^'metric' is 'psnr', expected one of /],
    ['sensitivity', { samples: images, metric: 7 }, /^metric must be a name, got number\.$/],
    ['sensitivity', { samples: images, labels: [1] }, /^There are 1 labels and more samples\./],
    ['sensitivity', { samples: images, smoothQuant: true }, /^'smooth_quant' fits the whole /],
    ['sensitivity', { samples: images, nope: 1 }, /'nope'/],
    ['suggest', { samples: images }, /^target must be an object such as /],
    ['suggest', { samples: images, target: { value: NaN } }, /^The target is no finite number\./],
    ['suggest', { samples: images, target: { value: 1 }, maxTrials: 0 }, /^maxTrials must be /],
    ['suggest', { samples: images, target: { value: 1 }, stop: 1 }, /^stop must be an AbortSig/],
  ])('%s says what is wrong with its call (%#)', async (method, call, message) => {
    const model = await keep(open(convNet()));
    await expect(model[method](call)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(message),
    });
  });
});
