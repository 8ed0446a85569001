// A part of a result's details: how long its models take in onnxruntime-web, once that is asked for.
import { el } from '../dom';
import { textTable } from '../figure_tables';
import { atWork, type Bench } from '../improve/bench';
import { beginButton } from '../improve/fields';
import type { Run } from '../runs';
import { focusOrHome } from '../status';
import type { AtWork } from '../under_way';
import type { Offer } from './offer';
import { besideTable, besideWords } from './table';

export interface BesideArea {
  readonly element: HTMLElement;
  /** Shows what is known; with an offer, more can be measured. */
  show(offer: Offer | undefined): void;
}

export function besideArea(run: Run, bench: Bench): BesideArea {
  let offer: Offer | undefined;
  const figures = el('div', {});
  const button = beginButton(
    bench,
    'compare-onnxruntime',
    'Compare with onnxruntime-web',
    () => void compare(),
  );
  button.setAttribute('aria-describedby', 'onnxruntime-help');
  const help = el('p', { class: 'help', id: 'onnxruntime-help' });
  const ask = el('div', {}, help, el('p', {}, button));
  const element = el('div', { id: 'onnxruntime', hidden: true }, figures);

  function show(offered: Offer | undefined): void {
    const { beside } = run;
    offer = offered;
    help.textContent = offer?.help ?? '';
    element.hidden = beside === undefined && offer === undefined;
    if (offer === undefined) ask.remove();
    else if (ask.parentNode === null) element.append(ask);
    if (beside === undefined) return;
    figures.replaceChildren(
      el('p', { id: 'onnxruntime-verdict', tabindex: -1 }, besideWords(beside)),
      textTable(besideTable(beside)),
    );
  }

  async function compare(): Promise<void> {
    const task = async ({ signal, progress }: AtWork) => {
      progress.begin('Beside onnxruntime-web');
      const measure = await offer!.load();
      const { samples } = await bench.samples();
      run.beside = await measure(bench.model, run, samples, signal, (state) =>
        progress.update(state),
      );
      bench.found();
      return besideWords(run.beside);
    };
    const mayMoveFocus = await atWork(bench, task);
    if (mayMoveFocus === undefined) return;
    show(offer);
    if (mayMoveFocus) focusOrHome(figures.querySelector<HTMLElement>('#onnxruntime-verdict'));
  }

  return { element, show };
}
