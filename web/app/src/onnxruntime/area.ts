// A part of a result's details: how long its models take in onnxruntime-web, once that is asked for.
import { el } from '../dom';
import { textTable } from '../figure_tables';
import { atWork, type Bench } from '../improve/bench';
import { beginButton } from '../improve/fields';
import type { Run } from '../runs';
import type { AtWork } from '../under_way';
import type { Offer } from './offer';
import { besideTable, besideWords } from './table';

export interface BesideArea {
  readonly element: HTMLElement;
  /** Shows what is known; `canMeasure` tells whether more can be measured. */
  show(canMeasure: boolean): void;
}

export function besideArea(run: Run, bench: Bench, offer: Offer): BesideArea {
  const figures = el('div', {});
  const button = beginButton(
    bench,
    'compare-onnxruntime',
    'Compare with onnxruntime-web',
    () => void compare(),
  );
  button.setAttribute('aria-describedby', 'onnxruntime-help');
  const ask = el(
    'div',
    {},
    el('p', { class: 'help', id: 'onnxruntime-help' }, offer.help),
    el('p', {}, button),
  );
  const element = el('div', { id: 'onnxruntime', hidden: true }, figures, ask);

  function show(canMeasure: boolean): void {
    const { beside } = run;
    element.hidden = beside === undefined && !canMeasure;
    ask.hidden = !canMeasure;
    if (beside === undefined) return;
    figures.replaceChildren(
      el('p', { id: 'onnxruntime-verdict', tabindex: -1 }, besideWords(beside)),
      textTable(besideTable(beside)),
    );
  }

  async function compare(): Promise<void> {
    const task = async ({ signal, progress }: AtWork) => {
      progress.begin('Beside onnxruntime-web');
      const measure = await offer.load();
      const { samples } = await bench.samples();
      run.beside = await measure(bench.model, run, samples, signal, (state) =>
        progress.update(state),
      );
      bench.found();
      return besideWords(run.beside);
    };
    const mayMoveFocus = await atWork(bench, task);
    if (mayMoveFocus === undefined) return;
    show(true);
    if (mayMoveFocus) figures.querySelector<HTMLElement>('#onnxruntime-verdict')?.focus();
  }

  return { element, show };
}
