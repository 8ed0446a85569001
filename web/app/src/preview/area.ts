// What the model will see: one sample at a time, looked at when that is asked for.
import type { Preprocess, SampleFile } from 'quantab/samples';
import { messageOf } from '../alerts';
import { el } from '../dom';
import { count } from '../format';
import { countSamples, sampleAt, type Group } from '../samples';

/** What there is to be looked at. */
export interface Shown {
  groups: readonly Group[];
  split: boolean;
  preprocess: Preprocess;
  files: readonly SampleFile[];
}

export interface PreviewArea {
  element: HTMLElement;
  /** Shows these samples, or nothing. */
  update(shown: Shown | undefined): void;
}

export function previewArea(): PreviewArea {
  let shown: Shown | undefined;
  let index = 0;
  /** Of several samples that are being drawn, the last counts. */
  let ticket = 0;
  const host = el('div', { id: 'preview-sample' });
  const place = el('p', { id: 'preview-place', role: 'status' });
  const step = (id: string, label: string, by: number) =>
    el(
      'button',
      { type: 'button', id, 'aria-label': label, onclick: () => go(index + by) },
      by < 0 ? '←' : '→',
    );
  const before = step('preview-before', 'Sample before', -1);
  const after = step('preview-after', 'Next sample', 1);
  const element = el(
    'details',
    { id: 'preview', hidden: true },
    el('summary', {}, 'What the model will see'),
    el('div', { class: 'actions' }, before, after, place),
    host,
  );

  async function draw(): Promise<void> {
    if (shown === undefined || !element.open) return;
    const own = ++ticket;
    const { groups, split, preprocess, files } = shown;
    const total = countSamples(groups, split);
    before.setAttribute('aria-disabled', String(index === 0));
    after.setAttribute('aria-disabled', String(index >= total - 1));
    let view: HTMLElement;
    let name = '';
    try {
      const { sampleView } = await import('./preview');
      const sample = await sampleAt(groups, split, index);
      name = sample?.name ?? '';
      view = sample === undefined ? el('div') : await sampleView(sample, preprocess.inputs, files);
    } catch (error) {
      view = el('p', { class: 'notice' }, messageOf(error));
    }
    if (own !== ticket) return;
    place.textContent = `Sample ${count(index + 1)} of ${count(total)}${name === '' ? '' : `: ${name}`}`;
    host.replaceChildren(view);
  }

  function go(to: number): void {
    const total = shown === undefined ? 0 : countSamples(shown.groups, shown.split);
    if (to < 0 || to >= total) return;
    index = to;
    void draw();
  }

  element.addEventListener('toggle', () => void draw());
  return {
    element,
    update(next) {
      shown = next;
      const total = next === undefined ? 0 : countSamples(next.groups, next.split);
      element.hidden = total === 0;
      index = Math.min(index, Math.max(0, total - 1));
      if (total > 0) void draw();
    },
  };
}
