// A part of a result's details: how long its models take in onnxruntime-web, once that is asked for.
import type { CallOptions } from 'quantab';
import { messageOf } from '../alerts';
import { el } from '../dom';
import { textTable } from '../figure_tables';
import { showProgress } from '../progress_view';
import { say, titleState } from '../status';
import { besideTable, besideWords, type Beside } from './table';

/** What measures a result. Rejects once the signal is aborted. */
export type MeasureBeside = (
  signal: AbortSignal,
  onProgress: NonNullable<CallOptions['onProgress']>,
) => Promise<Beside>;

export interface BesideArea {
  readonly element: HTMLElement;
  /** Shows what is known; `canMeasure` tells whether more can be measured. */
  show(known: Beside | undefined, canMeasure: boolean): void;
  /** Ends a measurement that is under way, without a word: something else has begun. */
  leave(): void;
}

const ASK = 'Compare with onnxruntime-web';
const HELP =
  'Times both models here and in onnxruntime-web, in turns. Its 14 MB come from where this page is, and only if you ask.';

/** `isBusy` tells whether other work is under way, which would make times longer. */
export function besideArea(measure: MeasureBeside, isBusy: () => boolean): BesideArea {
  const figures = el('div', {});
  const work = el('div', {});
  const problem = el('p', { class: 'notice', id: 'onnxruntime-problem', hidden: true });
  const button = el(
    'button',
    {
      type: 'button',
      id: 'compare-onnxruntime',
      'aria-describedby': 'onnxruntime-help',
      onclick: () => void start(),
    },
    ASK,
  );
  const offer = el(
    'div',
    {},
    el('p', { class: 'help', id: 'onnxruntime-help' }, HELP),
    el('p', {}, button),
  );
  const element = el('div', { id: 'onnxruntime', hidden: true }, figures, problem, work, offer);
  let running: AbortController | undefined;

  function show(known: Beside | undefined, canMeasure: boolean): void {
    element.hidden = known === undefined && !canMeasure;
    offer.hidden = !canMeasure || running !== undefined;
    if (known === undefined) return;
    figures.replaceChildren(
      el('p', { id: 'onnxruntime-verdict' }, besideWords(known)),
      textTable(besideTable(known)),
    );
  }

  async function start(): Promise<void> {
    if (isBusy()) return say('A model is being quantized: compare once it is complete.');
    const controller = new AbortController();
    running = controller;
    problem.hidden = true;
    offer.hidden = true;
    const progress = showProgress(work, 'onnxruntime-progress', 'Loading onnxruntime-web', () =>
      controller.abort(),
    );
    work.querySelector('button')!.focus();
    let known: Beside | undefined;
    try {
      known = await measure(controller.signal, (state) => progress.update(state));
    } catch (error) {
      if (!controller.signal.aborted) {
        problem.textContent = messageOf(error);
        problem.hidden = false;
      }
    }
    const hadFocus = progress.end();
    const isLeft = running !== controller;
    if (!isLeft) running = undefined;
    show(known, true);
    if (isLeft) return;
    titleState(null);
    if (hadFocus) button.focus();
    if (controller.signal.aborted) say('Cancelled.');
    else say(known === undefined ? problem.textContent! : besideWords(known));
  }

  return {
    element,
    show,
    leave() {
      running?.abort();
      running = undefined;
    },
  };
}
