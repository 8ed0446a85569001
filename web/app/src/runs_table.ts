// The results side by side: a column for each, the original first.
import { activeElement, el, findId, table, type Child } from './dom';
import { bytes, milliseconds, percent } from './format';
import { saveRecipe } from './run_actions';
import { methodWords, optionWords, shareOf, spread } from './run_words';
import type { Run, Runs } from './runs';
import { accuracyOf, agreement, closeness, outOf, worstDecibels, type Accuracy } from './verdict';
import type { Latency, Model } from 'quantab';

export interface RunActions {
  makeAgain(run: Run): void;
  saveReport(run: Run): void;
  /** Shows the details of a result, and moves the focus to them. */
  show(run: Run): void;
}

const HELP =
  'Each result stays here until you remove it or open another model. Times are of this device, now.';

/** The longer, the more; the number beside it says the same. */
const bar = (value: number, most: number): HTMLElement =>
  el('meter', { min: 0, max: most, value: Math.min(value, most), 'aria-hidden': 'true' });

const cell = (...parts: Child[]): HTMLElement => el('div', { class: 'run' }, ...parts);

const MEASURING = 'measuring…';

function latencyCell(latency: Latency | undefined, most: number): Child {
  if (latency === undefined) return '–';
  const { runs, median } = latency;
  return cell(
    milliseconds(median),
    bar(median, most),
    runs > 1 && el('small', {}, spread(latency)),
  );
}

function outputs({ judgement }: Run): Child {
  if (judgement === undefined) return MEASURING;
  const { comparison } = judgement;
  if (comparison === undefined) return '–';
  const same = agreement(comparison);
  return cell(
    closeness(comparison) ?? '–',
    same !== undefined && el('small', {}, `same first choice on ${same}`),
  );
}

function decibels({ judgement }: Run): string {
  if (judgement === undefined) return MEASURING;
  const worst = judgement.comparison && worstDecibels(judgement.comparison.outputs);
  if (worst === undefined) return '–';
  if (worst === -Infinity) return 'not a number';
  return worst === Infinity ? '∞' : String(Number(worst.toPrecision(4)));
}

function downloads(run: Run, urls: readonly string[], actions: RunActions): HTMLElement {
  const { files, number, judgement } = run;
  const button = (id: string, text: string, label: string, onclick: () => void) =>
    el(
      'button',
      { type: 'button', class: 'link', id: `${id}-${number}`, 'aria-label': label, onclick },
      text,
    );
  const links = (files ?? []).map(({ name }, i) =>
    el(
      'a',
      {
        href: urls[i],
        download: name,
        id: `download-${number}${i > 0 ? '-data' : ''}`,
        'aria-label': `${i > 0 ? 'Weights' : 'Model'} ${name}, result ${number}`,
      },
      i > 0 ? 'Weights' : 'Model',
    ),
  );
  return cell(
    ...links,
    files === undefined &&
      button('again', 'Make it again', `Make it again: result ${number}`, () =>
        actions.makeAgain(run),
      ),
    button('recipe', 'Recipe', `Recipe of result ${number}`, () => saveRecipe(run)),
    judgement !== undefined &&
      button('report', 'Report', `Report of result ${number}`, () => actions.saveReport(run)),
  );
}

/** How often the models are right, where one was compared on labelled samples; the original's is that of the newest. */
function accuracyRow(all: readonly Run[]): Child[][] {
  const found = all.map(
    ({ judgement }) => judgement?.comparison && accuracyOf(judgement.comparison),
  );
  const newest = found.findLast((each) => each !== undefined);
  if (newest === undefined) return [];
  const words = (accuracy: Accuracy | undefined, run: Run): Child => {
    if (accuracy === undefined) return run.judgement === undefined ? MEASURING : '–';
    const before = outOf(accuracy.before, accuracy);
    return cell(
      `right on ${outOf(accuracy.right, accuracy)}`,
      // Of other samples than those of the newest.
      before !== outOf(newest.before, newest) && el('small', {}, `the original: ${before}`),
    );
  };
  return [
    [
      'Accuracy',
      `right on ${outOf(newest.before, newest)}`,
      ...all.map((run, i) => words(found[i], run)),
    ],
  ];
}

/** Shows the results in `section`, which is hidden while there are none. */
export function showRuns(
  section: HTMLElement,
  model: Pick<Model, 'byteLength'>,
  runs: Runs,
  actions: RunActions,
): void {
  const { all, chosen } = runs;
  section.hidden = all.length === 0;
  if (all.length === 0) {
    section.replaceChildren();
    return;
  }
  const latencies = all.map(({ judgement }) => judgement?.latency);
  // Each result was timed beside the original; the newest of these counts.
  const original = latencies.findLast((each) => each !== undefined)?.float;
  const slowest = Math.max(
    original?.median ?? 0,
    ...latencies.map((each) => each?.quantized.median ?? 0),
  );
  const size = model.byteLength;
  const largest = Math.max(size, ...all.map((run) => run.size));
  const head = (run: Run) =>
    el(
      'span',
      { class: run === chosen ? 'run chosen' : 'run' },
      `${run.number}. ${run.name}`,
      run === chosen && el('small', {}, 'shown below'),
    );
  const remove = (run: Run) => {
    runs.remove(run);
    const next = runs.chosen;
    findId(next === undefined ? 'quantize' : `details-${next.number}`)?.focus();
  };
  const buttons = (run: Run) =>
    cell(
      el(
        'button',
        {
          type: 'button',
          class: 'link',
          id: `details-${run.number}`,
          'aria-label': `Details of result ${run.number}`,
          'aria-pressed': String(run === chosen),
          onclick: () => actions.show(run),
        },
        'Details',
      ),
      el(
        'button',
        {
          type: 'button',
          class: 'link',
          id: `remove-${run.number}`,
          'aria-label': `Remove result ${run.number}`,
          onclick: () => remove(run),
        },
        'Remove',
      ),
    );
  const made = (run: Run) => {
    const options = optionWords(run);
    return cell(methodWords(run), options.length > 0 && el('small', {}, options.join(' · ')));
  };
  const shown = table(
    'Results side by side',
    [{ head: 'Result' }, { head: 'Original' }, ...all.map((run) => ({ head: head(run) }))],
    [
      ['Made by', '–', ...all.map(made)],
      [
        'Size',
        cell(bytes(size), bar(size, largest)),
        ...all.map((run) => cell(bytes(run.size), bar(run.size, largest))),
      ],
      ['Of the original', percent(1), ...all.map(shareOf)],
      [
        'Latency here',
        latencyCell(original, slowest),
        ...all.map(({ judgement }) =>
          judgement === undefined ? MEASURING : latencyCell(judgement.latency?.quantized, slowest),
        ),
      ],
      ...accuracyRow(all),
      ['Outputs', '–', ...all.map(outputs)],
      ['SQNR, dB', '–', ...all.map(decibels)],
      ['Save', '–', ...all.map((run) => downloads(run, runs.urlsOf(run), actions))],
      ['Look at', '–', ...all.map(buttons)],
    ],
  );
  const active = activeElement();
  const focused = active !== null && section.contains(active) ? active.id : '';
  section.replaceChildren(
    el('h2', { id: 'runs-title' }, 'Results'),
    shown,
    el('p', { class: 'help' }, HELP),
  );
  bringIntoView(shown);
  if (focused !== '') findId(focused)?.focus();
}

/** Scrolls, in the table's own box, to the column of the chosen result. */
function bringIntoView(box: HTMLElement): void {
  const column = box.querySelector('.chosen')?.closest('th');
  if (!column) return;
  const after = column.getBoundingClientRect().right - box.getBoundingClientRect().right;
  box.scrollLeft += Math.max(0, after);
}
