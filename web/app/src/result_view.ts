// Before and after, and the download.
import type { Comparison, MixedPrecision, Model } from 'quantab';
import { el, table } from './dom';
import { bytes, cosine, counted, decibels, figure, milliseconds, percent } from './format';
import type { Judgement } from './judge';
import { layersView } from './layers_view';
import { changedOptions } from './option_fields';
import type { Latencies } from './timing';
import { verdict } from './verdict';
import type { Made, ResultFile } from './work';

const sizeOf = (files: readonly ResultFile[]): number =>
  files.reduce((sum, { blob }) => sum + blob.size, 0);

function gains(model: Model, made: Made, latency: Latencies | undefined): HTMLElement {
  const size = sizeOf(made.files);
  const rows = [['Size', bytes(model.byteLength), bytes(size), percent(size / model.byteLength)]];
  if (latency !== undefined) {
    const { float, quantized, capabilities } = latency;
    const runs = Math.min(float.runs, quantized.runs);
    const how = [
      runs > 1 ? `median of ${runs} runs` : 'one run',
      counted(capabilities.threads, 'thread'),
      capabilities.flavor === 'relaxed' ? 'relaxed SIMD' : 'SIMD',
    ];
    rows.push([
      `Latency here (${how.join(', ')})`,
      milliseconds(float.median),
      milliseconds(quantized.median),
      float.median > 0 ? percent(quantized.median / float.median) : '–',
    ]);
    if (capabilities.workers > 1) {
      rows.push(['Calibrated in', '', counted(capabilities.workers, 'worker'), '']);
    }
  }
  return table(
    'Before and after',
    [
      { head: 'Measure' },
      { head: 'Float', number: true },
      { head: 'Quantized', number: true },
      { head: 'Ratio', number: true },
    ],
    rows,
  );
}

function errors(comparison: Comparison): HTMLElement {
  return table(
    `How far the outputs are apart (${counted(comparison.samples, 'sample')})`,
    [
      { head: 'Output' },
      { head: 'SQNR dB', number: true },
      { head: 'Cosine', number: true },
      { head: 'Mean squared error', number: true },
      { head: 'Mean relative error', number: true },
      { head: 'Largest error', number: true },
      { head: 'Same top-1', number: true },
    ],
    comparison.outputs.map((output) => [
      output.name,
      decibels(output.sqnrDb, output.mse),
      cosine(output.cosine),
      figure(output.mse),
      figure(output.meanRelativeError),
      figure(output.maxAbsError),
      percent(output.top1Agreement),
    ]),
  );
}

const notice = (text: string, props = {}): HTMLElement =>
  el('p', { class: 'notice', ...props }, text);

const METHODS = { static: 'Static', dynamic: 'Dynamic', float16: 'Half precision' };

function howMade({ job }: Made): HTMLElement {
  const method = METHODS[job.method] + (job.mixed ? ' with float32 where needed' : '');
  const on =
    (job.method === 'static' || job.mixed) && job.samples !== undefined
      ? `, on ${counted(job.samples.length, job.random ? 'random sample' : 'sample')}`
      : '';
  const options = changedOptions(job.method, job.options);
  if (job.preProcess) options.push('Pre-processed');
  const chosen = options.length > 0 ? options.join(' · ') : 'every option at its default';
  return el('p', { id: 'made-with' }, `${method}${on} · ${chosen}`);
}

/** Which nodes stay in float32, and why. */
function inFloat({ nodeBlockList, overflowing, inaccurate }: MixedPrecision): HTMLElement {
  const reasonFor = (node: string): string => {
    if (overflowing.includes(node)) return 'its numbers are too large for float16';
    return inaccurate.includes(node) ? 'it breaks the tolerance' : 'asked for';
  };
  const count = nodeBlockList.length;
  if (count === 0) return el('p', { id: 'in-float' }, 'Every node works in float16.');
  return el(
    'details',
    { id: 'in-float', open: count <= FEW },
    el('summary', {}, `${counted(count, 'node')} ${count === 1 ? 'stays' : 'stay'} in float32`),
    el('ul', {}, ...nodeBlockList.map((node) => el('li', {}, `${node}: ${reasonFor(node)}`))),
  );
}

/** The recipe, to be kept for the command line or a program, and what it is in Python. */
function howToRepeat({ quantized: { recipe, python } }: Made): HTMLElement {
  return el(
    'details',
    { id: 'recipe' },
    el('summary', {}, 'Recipe'),
    el('p', { class: 'help' }, 'For the command line (--recipe) and the package.'),
    el('pre', { tabindex: 0 }, JSON.stringify(recipe, undefined, 2)),
    el('p', { class: 'help' }, 'The same with the Python tools.'),
    el('pre', { tabindex: 0 }, python ?? ''),
  );
}

/** So many remarks are shown at once; more are there to be opened. */
const FEW = 5;

function remarks(log: readonly string[]): HTMLElement {
  return el(
    'details',
    { id: 'remarks', class: 'notice', open: log.length <= FEW },
    el('summary', {}, counted(log.length, 'remark')),
    el('ul', {}, ...log.map((line) => el('li', {}, line))),
  );
}

const KEEP_TOGETHER = 'Keep both files in one folder, under these names.';

export interface ResultView {
  /** Shows the figures, once they are measured. `again` quantizes anew with some nodes kept in float. */
  judged(judgement: Judgement, again: (nodes: string[]) => void): void;
  /** Says whether the settings have been changed since. */
  setOutdated(outdated: boolean): void;
  /** Says that its successor is being made. */
  setStale(stale: boolean): void;
  /** Takes it away. Its downloads are no longer to be had. */
  remove(): void;
}

/** Shows a finished model with its download, in the place of an older result. */
export function showResult(section: HTMLElement, model: Model, made: Made): ResultView {
  const urls = made.files.map(({ blob }) => URL.createObjectURL(blob));
  const links = made.files.map(({ name, blob }, i) =>
    el(
      'a',
      {
        class: 'button primary',
        id: i === 0 ? 'download' : 'download-data',
        href: urls[i],
        download: name,
      },
      `Download ${name}`,
      made.files.length > 1 ? ` (${bytes(blob.size)})` : '',
    ),
  );
  const size = sizeOf(made.files);
  const { mixedPrecision } = made.quantized;
  const outdated = notice(
    'Made with other settings than those shown now. Quantize again to use them.',
    {
      id: 'outdated',
      hidden: true,
    },
  );
  const earlier = el(
    'p',
    { class: 'help', hidden: true },
    'The earlier result, until the new one is there.',
  );
  const figures = el('div', { id: 'figures' }, gains(model, made, undefined));
  section.hidden = false;
  section.replaceChildren(
    el('h2', { id: 'result-title', tabindex: -1 }, 'Result'),
    earlier,
    outdated,
    el(
      'p',
      { class: 'gain', id: 'gain' },
      `${bytes(size)}, ${percent(size / model.byteLength)} of the original`,
    ),
    howMade(made),
    el('p', { class: 'actions' }, ...links),
    ...(made.files.length > 1 ? [el('p', { class: 'help' }, KEEP_TOGETHER)] : []),
    ...(made.log.length > 0 ? [remarks(made.log)] : []),
    ...(mixedPrecision === undefined ? [] : [inFloat(mixedPrecision)]),
    howToRepeat(made),
    figures,
  );
  return {
    judged({ comparison, latency, layers, notices }, again) {
      figures.replaceChildren(
        ...(comparison === undefined ? [] : [el('p', { id: 'verdict' }, verdict(comparison))]),
        gains(model, made, latency),
        ...(comparison === undefined ? [] : [errors(comparison)]),
        ...(layers === undefined ? [] : [layersView(layers, again)]),
        ...notices.map((text) => notice(text)),
      );
    },
    setOutdated(value) {
      outdated.hidden = !value;
    },
    setStale(stale) {
      earlier.hidden = !stale;
      section.classList.toggle('stale', stale);
    },
    remove() {
      section.classList.remove('stale');
      for (const url of urls) URL.revokeObjectURL(url);
      section.replaceChildren();
      section.hidden = true;
    },
  };
}
