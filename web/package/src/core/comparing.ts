// Two models of one core, run on the same samples.
import type { Engine } from './engine.js';
import { eachSample } from './feeds.js';
import { checkLabelCount, labelAt } from './labels.js';
import type { ModelHandle } from './protocol.js';
import { interrupted, release } from './search.js';
import type { CallOptions, Comparison, LayerReport, Samples } from './types.js';

export async function compareOn(
  engine: Engine,
  [a, b]: [ModelHandle, ModelHandle],
  data: Samples,
  labels: readonly number[] | undefined,
  options: CallOptions,
): Promise<Comparison> {
  const { signal, onLog } = options;
  const comparer = await engine.call('beginCompare', { a, b }, options, a);
  try {
    let samples = 0;
    await eachSample(data, 'compare', options, async (sample) => {
      const label = labelAt(labels, samples++);
      await engine.call('addSample', { comparer, sample, label }, { signal, onLog }, comparer);
    });
    checkLabelCount(labels, samples);
    return await engine.call('finishCompare', { comparer }, options, comparer);
  } catch (error) {
    throw interrupted(error, 'comparison');
  } finally {
    release(engine, comparer);
  }
}

export async function reportOn(
  engine: Engine,
  [reference, quantized]: [ModelHandle, ModelHandle],
  data: Samples,
  options: CallOptions,
): Promise<LayerReport> {
  const { signal, onLog } = options;
  const reporter = await engine.call('beginReport', { reference, quantized }, options, reference);
  try {
    await eachSample(data, 'compare', options, (sample) =>
      engine.call('addToReport', { reporter, sample }, { signal, onLog }, reporter),
    );
    return await engine.call('finishReport', { reporter }, options, reporter);
  } catch (error) {
    throw interrupted(error, 'layer report');
  } finally {
    release(engine, reporter);
  }
}
