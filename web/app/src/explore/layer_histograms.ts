// The values of a layer and of its weights, in the float model and in the quantized one: two histograms in one picture.
import {
  openModel,
  type Distribution,
  type LayerFigures,
  type LayerHistogram,
  type LayerReport,
  type Model,
  type WeightFigures,
} from 'quantab';
import { isCancelled, messageOf } from '../alerts';
import { el } from '../dom';
import { count, counted, figure, percent } from '../format';
import type { LayerSource } from '../open_rows';
import type { SampleSource } from '../samples';
import { say } from '../status';
import { heightsOf, HEIGHT, histogramSvg, outlineOf } from './histogram_svg';

const range = ({ min, max }: { min: number; max: number }): string =>
  `from ${figure(min)} to ${figure(max)}`;

const isEmpty = ({ elements, notFinite }: Distribution): boolean => elements === notFinite;

/** How much quantizing cuts off. */
function clippedWords({ clipped, reference }: LayerHistogram): string {
  if (clipped === null) return 'The value itself is not quantized, so that nothing is clipped.';
  if (clipped === 0) return 'No float value is clipped.';
  const share = percent(clipped / reference.elements);
  return `${count(clipped)} of ${counted(reference.elements, 'float value')} ${clipped === 1 ? 'is' : 'are'} clipped (${share}).`;
}

function notFiniteWords({ reference, quantized }: LayerHistogram): string {
  const words = ({ notFinite }: Distribution, which: string) =>
    notFinite > 0 ? ` ${count(notFinite)} ${which} values are not finite.` : '';
  return words(reference, 'float') + words(quantized, 'quantized');
}

/** Lines where the integers end, as far as those ends are in the picture. */
function limitLines({ limits, min, max, reference }: LayerHistogram): string {
  if (limits === null) return '';
  const bins = reference.counts.length;
  return [limits.min, limits.max]
    .filter((limit) => limit > min && limit < max)
    .map((limit) => `M${((limit - min) / (max - min)) * bins} 0V${HEIGHT}`)
    .join('');
}

const key = (kind: string, text: string): HTMLElement =>
  el('li', {}, el('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), text);

function picture(histogram: LayerHistogram, title: string): HTMLElement {
  const { name, reference, quantized, min, max } = histogram;
  const caption = el('figcaption', {}, `${title}. ${clippedWords(histogram)}`);
  if (isEmpty(reference) && isEmpty(quantized)) {
    caption.append(` There is nothing to draw.${notFiniteWords(histogram)}`);
    return el('figure', { class: 'layer-histogram' }, caption);
  }
  const most = Math.max(...reference.counts, ...quantized.counts);
  const outline = ({ counts }: Distribution) => outlineOf(heightsOf(counts, most));
  const limits = limitLines(histogram);
  const label = `Histogram of ${name}: float values ${range(reference)}, quantized values ${range(quantized)}. ${clippedWords(histogram)}${notFiniteWords(histogram)} Heights are logarithms.`;
  return el(
    'figure',
    { class: 'layer-histogram' },
    caption,
    histogramSvg(reference.counts.length, label, [
      { d: outline(reference), class: 'of-float' },
      { d: outline(quantized), class: 'of-quantized' },
      ...(limits === '' ? [] : [{ d: limits, class: 'limits' }]),
    ]),
    el('p', { class: 'ends' }, el('span', {}, figure(min)), el('span', {}, figure(max))),
    el(
      'ul',
      { class: 'key' },
      key('of-float', `float, ${range(reference)}`),
      key('of-quantized', `quantized, ${range(quantized)}`),
      limits !== '' && key('limits', `where its integers end, ${range(histogram.limits!)}`),
    ),
  );
}

/** The same samples, until `signal` is aborted. A call that runs is not cancelled: that could end other work in the same core. */
const until = (signal: AbortSignal, samples: SampleSource): SampleSource => ({
  length: samples.length,
  labels: samples.labels,
  async *[Symbol.asyncIterator]() {
    for await (const sample of samples) {
      signal.throwIfAborted();
      yield sample;
    }
  },
});

const openAgain = ([main, data]: LayerSource['files']): Promise<Model> =>
  openModel(new File([main!.blob], main!.name), {
    externalData: data === undefined ? {} : { [data.name]: data.blob },
  });

async function read(
  { model, files, samples }: LayerSource,
  names: string[],
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<LayerHistogram[]> {
  const quantized = await openAgain(files);
  try {
    signal.throwIfAborted();
    return await model.layerHistograms(quantized, until(signal, samples), {
      names,
      onProgress: ({ stage, done, total }) => {
        if (stage === 'compare' && total > 0) onProgress(done / total);
      },
    });
  } finally {
    quantized.close();
  }
}

/** Those of a layer; biases in 32 bits are as good as exact. */
const weightsOf = ({ nodes }: LayerFigures, { weights }: LayerReport): WeightFigures[] =>
  weights.filter(
    (weight) => weight.type !== 'int32' && weight.nodes.some((node) => nodes.includes(node)),
  );

/** Shows in `place` what a layer makes and what weights it reads, or why that is not known. Rejects when it was cancelled. */
export async function showLayerHistograms(
  place: HTMLElement,
  layer: LayerFigures,
  report: LayerReport,
  source: LayerSource,
  signal: AbortSignal,
): Promise<void> {
  const weights = weightsOf(layer, report);
  const on = counted(source.samples.length, 'sample');
  const progress = el('progress', { 'aria-label': `Histogram of ${layer.name}`, max: 1, value: 0 });
  place.replaceChildren(el('p', { class: 'help' }, `Running both models on ${on} `, progress));
  try {
    const names = [layer.name, ...weights.map(({ name }) => name)];
    const histograms = await read(source, names, signal, (share) => (progress.value = share));
    const titles = [
      `What ${layer.name} is on ${on}`,
      ...weights.map(({ name, type }) => `Weight ${name}, float and ${type}`),
    ];
    signal.throwIfAborted();
    place.replaceChildren(...histograms.map((each, i) => picture(each, titles[i]!)));
    say(`The histogram of ${layer.name} is there.`);
  } catch (error) {
    if (isCancelled(error)) throw error;
    place.replaceChildren(el('p', { class: 'help' }, messageOf(error)));
  }
}
