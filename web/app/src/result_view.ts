// Before and after, and the download.
import type { Comparison, Model, Progress } from 'quantab';
import { el, table } from './dom';
import { bytes, figure, milliseconds, percent } from './format';
import type { Outcome } from './work';

const STAGES: Record<Progress['stage'], string> = {
  read: 'Reading',
  calibrate: 'Calibrating',
  quantize: 'Quantizing',
  write: 'Writing',
  run: 'Running',
  compare: 'Comparing',
  benchmark: 'Timing',
};

export interface ProgressView {
  update(progress: Progress): void;
}

/** Puts a progress bar with a cancel button into `section`, above an older result. */
export function showProgress(section: HTMLElement, cancel: () => void): ProgressView {
  section.hidden = false;
  section.setAttribute('aria-busy', 'true');
  for (const child of section.children) child.classList.add('stale');
  const text = el('p', { id: 'stage', role: 'status' }, 'Starting');
  const bar = el('progress', { 'aria-labelledby': 'stage' });
  section.querySelector('#progress')?.remove();
  section.prepend(
    el(
      'div',
      { id: 'progress' },
      text,
      bar,
      el(
        'p',
        { class: 'actions' },
        el('button', { type: 'button', id: 'cancel', onclick: cancel }, 'Cancel'),
      ),
    ),
  );
  return {
    update({ stage, done, total }) {
      const label = STAGES[stage] + (total > 0 ? ` ${done} of ${total}` : '');
      if (text.textContent !== label) text.textContent = label;
      if (total > 0) {
        bar.max = total;
        bar.value = done;
      } else bar.removeAttribute('value');
    },
  };
}

/** Ends the progress; an older result is as good as before. */
export function endProgress(section: HTMLElement): void {
  section.removeAttribute('aria-busy');
  section.querySelector('#progress')?.remove();
  for (const child of section.children) child.classList.remove('stale');
  if (section.childElementCount === 0) section.hidden = true;
}

export function nameOfResult(model: Model, outcome: Outcome): string {
  const base = (model.name || 'model').replace(/^.*[/\\]/, '').replace(/\.onnx$/i, '');
  return `${base}.${outcome.job.method}.int8.onnx`;
}

function gains(model: Model, { quantized, latency }: Outcome): HTMLElement {
  const rows: string[][] = [
    [
      'Size',
      bytes(model.byteLength),
      bytes(quantized.byteLength),
      percent(quantized.byteLength / model.byteLength),
    ],
  ];
  if (latency !== undefined) {
    const { float, quantized: int8 } = latency;
    rows.push([
      'Latency here (median)',
      milliseconds(float.median),
      milliseconds(int8.median),
      percent(int8.median / float.median),
    ]);
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
    `How far the outputs are apart (${comparison.samples} sample${comparison.samples === 1 ? '' : 's'})`,
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
      figure(output.sqnrDb),
      figure(output.cosine),
      figure(output.mse),
      figure(output.meanRelativeError),
      figure(output.maxAbsError),
      typeof output.top1Agreement === 'number' ? percent(output.top1Agreement) : '–',
    ]),
  );
}

/** Shows the outcome. Returns the object URL of the download, for the caller to revoke. */
export function showResult(section: HTMLElement, model: Model, outcome: Outcome): string {
  const { quantized, blob, comparison, job } = outcome;
  const url = URL.createObjectURL(blob);
  const share = quantized.byteLength / model.byteLength;
  const name = nameOfResult(model, outcome);
  section.hidden = false;
  section.replaceChildren(
    el('h2', { id: 'result-title', tabindex: -1 }, 'Result'),
    el(
      'p',
      { class: 'gain', id: 'gain' },
      `${bytes(quantized.byteLength)}, ${percent(share)} of the original`,
    ),
    el(
      'p',
      { class: 'actions' },
      el(
        'a',
        { class: 'button primary', id: 'download', href: url, download: name },
        `Download ${name}`,
      ),
    ),
    gains(model, outcome),
    ...(comparison === undefined
      ? [el('p', { class: 'notice' }, 'Add samples to see how far the outputs are apart.')]
      : [errors(comparison)]),
    ...(job.random > 0
      ? [
          el(
            'p',
            { class: 'notice' },
            'Made with random data: expect a worse model than with real samples.',
          ),
        ]
      : []),
    ...(outcome.log.length > 0
      ? [
          el(
            'details',
            {},
            el('summary', {}, `${outcome.log.length} remarks`),
            el('ul', {}, ...outcome.log.map((line) => el('li', {}, line))),
          ),
        ]
      : []),
  );
  return url;
}
