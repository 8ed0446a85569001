// The details of a result: its download, how it was made, and what was found out about it.
import type { MixedPrecision } from 'quantab';
import { el } from './dom';
import { beforeAndAfter, outputErrors, textTable } from './figure_tables';
import { bytes, counted } from './format';
import { layersView } from './layers_view';
import type { Offer } from './onnxruntime/offer';
import type { LayerSource } from './open_rows';
import { quantizesNodes } from './option_fields';
import { partsOf, type PartActions } from './result_parts';
import { saveRecipe } from './run_actions';
import { madeWith, shareOf } from './run_words';
import type { Run } from './runs';
import { verdict } from './verdict';

const notice = (text: string, props = {}): HTMLElement =>
  el('p', { class: 'notice', ...props }, text);

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
function howToRepeat(run: Run): HTMLElement {
  const save = () => saveRecipe(run);
  return el(
    'details',
    { id: 'recipe' },
    el('summary', {}, 'Recipe'),
    el('p', { class: 'help' }, 'For the command line (--recipe) and the package.'),
    el('pre', { tabindex: 0 }, JSON.stringify(run.recipe, undefined, 2)),
    el(
      'p',
      {},
      el('button', { type: 'button', id: 'save-recipe', onclick: save }, 'Save the recipe'),
    ),
    el('p', { class: 'help' }, 'The same with the Python tools.'),
    el('pre', { tabindex: 0 }, run.python),
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

const FILES_GONE =
  'Made before this page was loaded: the figures are kept, the file is not. Make it again to download it.';

export interface ResultActions extends PartActions {
  /** Quantizes anew with the same settings. */
  makeAgain(): void;
  saveReport(): void;
  /** None where the histograms of layers cannot be had. */
  readonly layerSource: LayerSource | undefined;
  /** Absent where there is no onnxruntime-web. */
  besideOffer: Offer | undefined;
}

export interface ResultView {
  readonly run: Run;
  /** Shows the figures, once they are measured. */
  judged(): void;
  /** Says whether the settings have been changed since. */
  setOutdated(outdated: boolean): void;
  /** Says that its successor is being made. */
  setStale(stale: boolean): void;
  /** Takes it away. */
  remove(): void;
}

function downloads({ files, size }: Run, urls: readonly string[]): HTMLElement[] {
  const [main, data] = files ?? [];
  const several = data !== undefined;
  return (files ?? []).map(({ name, blob }, i) =>
    el(
      'a',
      {
        class: 'button primary',
        id: blob === main!.blob ? 'download' : 'download-data',
        href: urls[i],
        download: name,
      },
      `Download ${name}`,
      several && size > 0 ? ` (${bytes(blob.size)})` : '',
    ),
  );
}

/** Shows a result, in the place of another one. `urls` are of its files. */
export function showResult(
  section: HTMLElement,
  run: Run,
  urls: readonly string[],
  actions: ResultActions,
): ResultView {
  const { files, log, mixedPrecision, judgement, settings } = run;
  const controller = new AbortController();
  const { signal } = controller;
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
  const report = el(
    'button',
    {
      type: 'button',
      id: 'save-report',
      hidden: judgement === undefined,
      onclick: actions.saveReport,
    },
    'Save a report',
  );
  const again = el(
    'button',
    { type: 'button', class: 'primary', id: 'make-again', onclick: actions.makeAgain },
    'Make it again',
  );
  const { suggest, sensitivity, profile, beside } = partsOf(run, actions);
  const figures = el('div', { id: 'figures' }, textTable(beforeAndAfter(run, undefined)));
  section.hidden = false;
  section.replaceChildren(
    el('h2', { id: 'result-title', tabindex: -1 }, `Result ${run.number}`),
    earlier,
    outdated,
    el('p', { class: 'gain', id: 'gain' }, `${bytes(run.size)}, ${shareOf(run)} of the original`),
    el('p', { id: 'made-with' }, madeWith(run)),
    ...(files === undefined ? [el('p', { class: 'help', id: 'files-gone' }, FILES_GONE)] : []),
    el('p', { class: 'actions' }, ...downloads(run, urls), files === undefined && again, report),
    ...((files?.length ?? 0) > 1 ? [el('p', { class: 'help' }, KEEP_TOGETHER)] : []),
    ...(log.length > 0 ? [remarks(log)] : []),
    ...(mixedPrecision === undefined ? [] : [inFloat(mixedPrecision)]),
    howToRepeat(run),
    figures,
    beside.element,
  );

  function judged(): void {
    if (run.judgement === undefined) return;
    const { comparison, latency, layers, notices } = run.judgement;
    const isQuantized = quantizesNodes(settings.method);
    const keep = isQuantized ? actions.keepInFloat : () => {};
    report.hidden = false;
    figures.replaceChildren(
      ...(comparison === undefined ? [] : [el('p', { id: 'verdict' }, verdict(comparison))]),
      ...(comparison !== undefined && isQuantized ? [suggest] : []),
      textTable(beforeAndAfter(run, latency)),
      ...(latency === undefined ? [] : [profile]),
      ...(comparison === undefined ? [] : [textTable(outputErrors(comparison))]),
      ...(layers === undefined ? [] : [layersView(layers, keep, actions.layerSource, signal)]),
      ...(comparison !== undefined && isQuantized ? [sensitivity] : []),
      ...notices.map((text) => notice(text)),
    );
    beside.show(files && latency && actions.besideOffer);
  }
  judged();

  return {
    run,
    judged,
    setOutdated(value) {
      outdated.hidden = !value;
    },
    setStale(stale) {
      earlier.hidden = !stale;
      section.classList.toggle('stale', stale);
    },
    remove() {
      controller.abort();
      section.classList.remove('stale');
      section.replaceChildren();
      section.hidden = true;
    },
  };
}
