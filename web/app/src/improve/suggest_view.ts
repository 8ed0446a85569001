// Searches for few nodes to keep in float, and says what that gains and costs. Loaded when it is asked for.
import type { FormFigures, Progress, Recipe, Suggestion } from 'quantab';
import { alertError, isCancelled } from '../alerts';
import { el, table } from '../dom';
import { focusFieldOf } from '../fields';
import { bytes, counted, milliseconds, percent } from '../format';
import { canName } from '../keep_table';
import { saveRecipe } from '../run_actions';
import type { Run } from '../runs';
import { firstOf } from '../samples';
import type { AtWork } from '../under_way';
import { atWork, doubts, runsFor, someSamples, type Bench } from './bench';
import { samplesField, startButton } from './fields';
import { goalFields, type Goal } from './goals';
import { METRICS, quality } from './metrics';

const HELP =
  'Quantizes each node alone to rank them, then tries models that keep the worst in float, and leaves out what turns out not to be needed.';

const TOO_EARLY =
  'The search was stopped before a model was tried, so there is nothing to suggest. Let it run longer, or on fewer samples.';

const COMMA =
  'A name among them has a comma, which divides the names in the options here. The saved recipe has them as they are, for the command line and the package.';

interface Found extends Omit<Suggestion, 'model'> {
  recipe: Recipe;
  samples: number;
  random: boolean;
}

/** What was found for each result, for as long as the page is there. */
const found = new WeakMap<Run, Found>();

function conclusion({ kept, considered, met, complete, metric, target, suggested }: Found): string {
  const reached = quality(metric, suggested);
  const wanted = quality(metric, { value: target, maxAbsError: null });
  const words = `${counted(kept.length, 'node')} of ${considered} in float`;
  const early = ' The search ended early: fewer nodes, or better ones, may be there.';
  const parts = met
    ? kept.length === 0
      ? `Nothing has to stay in float: with every node quantized it is ${reached}, and ${wanted} is wanted.`
      : `With ${words} it is ${reached}; ${wanted} is wanted.`
    : `No model was found that reaches ${wanted}. The closest keeps ${words} and reaches ${reached}.`;
  return parts + (complete || (met && kept.length === 0) ? '' : early);
}

/** How much longer a run takes: "takes 4 % longer". */
function runWords(before: number, after: number): string {
  const change = Number((after / before - 1).toFixed(2));
  if (change === 0) return 'takes as long';
  return `takes ${percent(Math.abs(change))} ${change < 0 ? 'less' : 'longer'}`;
}

function costs({ quantized, suggested }: Found): string {
  const size = suggested.bytes - quantized.bytes;
  const [before, after] = [quantized.latency?.median ?? 0, suggested.latency?.median ?? 0];
  const run = before > 0 ? `, and a run ${runWords(before, after)}` : '';
  return `Beside all nodes quantized, that is ${bytes(Math.abs(size))} ${size < 0 ? 'less' : 'more'}${run}.`;
}

function forms({ metric, original, quantized, suggested }: Found): HTMLElement {
  const row = (name: string, form: FormFigures) => [
    name,
    bytes(form.bytes),
    form.latency === null ? '–' : milliseconds(form.latency.median),
    form === original ? '–' : quality(metric, form),
  ];
  return table(
    'What it gains and costs',
    [
      { head: 'Model' },
      { head: 'Size', number: true },
      { head: 'Latency here', number: true },
      { head: METRICS[metric] ?? metric, number: true },
    ],
    [row('Float', original), row('All nodes quantized', quantized), row('As suggested', suggested)],
  );
}

const nodes = ({ kept, metric }: Found): HTMLElement =>
  table(
    'To keep in float',
    [{ head: 'Node' }, { head: 'Operator' }, { head: 'Alone quantized', number: true }],
    kept.map((each) => [each.node, each.opType, quality(metric, each)]),
  );

function outcome(result: Found, run: Run, keepInFloat: (nodes: string[]) => void): HTMLElement[] {
  const { kept, recipe, samples, random } = result;
  const names = kept.map(({ node }) => node);
  const save = () => saveRecipe(run, recipe);
  const again = el(
    'button',
    { type: 'button', class: 'primary', id: 'keep-suggested', onclick: () => keepInFloat(names) },
    `Quantize again with ${counted(kept.length, 'node')} in float`,
  );
  const saving = el(
    'button',
    { type: 'button', id: 'save-suggested', onclick: save },
    'Save the recipe',
  );
  return [
    el('p', { id: 'suggestion', tabindex: -1 }, conclusion(result)),
    ...(kept.length > 0 ? [el('p', { id: 'suggestion-costs' }, costs(result))] : []),
    ...doubts(random),
    forms(result),
    ...(kept.length === 0
      ? []
      : [
          nodes(result),
          el('p', { class: 'actions' }, canName(names) && again, saving),
          ...(canName(names) ? [] : [el('p', { class: 'help' }, COMMA)]),
          el(
            'p',
            { class: 'help' },
            `Found on ${counted(samples, 'sample')}. Quantizing again uses all samples, and its figures are of all.`,
          ),
        ]),
  ];
}

/** `keepInFloat` quantizes anew with nodes kept in float. */
export function showSuggest(
  host: HTMLElement,
  run: Run,
  bench: Bench,
  keepInFloat: (nodes: string[]) => void,
): void {
  const goals = goalFields(run.judgement!.comparison!);
  const most = samplesField('search-samples', 'Samples to search on');
  const place = el('div');
  const show = () => {
    const result = found.get(run);
    if (result !== undefined) place.replaceChildren(...outcome(result, run, keepInFloat));
  };

  async function search(goal: Goal): Promise<void> {
    const task = async ({ signal, stop, progress }: AtWork) => {
      const { samples: all, random } = await someSamples(bench);
      const samples = firstOf(all, most.value());
      const call = {
        recipe: run.recipe,
        samples,
        target: goal,
        runs: runsFor(run.judgement?.latency?.float.median ?? 0),
        signal,
        stop,
        onProgress: ({ stage, ...state }: Progress) =>
          progress.update({ stage: stage === 'compare' ? 'search' : stage, ...state }),
        onLog: (_: string, message: string) => progress.note(message),
      };
      const { model, ...figures } = await bench.model.suggest(call).catch((error: unknown) => {
        throw isCancelled(error) && stop.aborted && !signal.aborted ? new Error(TOO_EARLY) : error;
      });
      const { preprocess } = run.recipe;
      const recipe = { ...model.recipe, ...(preprocess && { preprocess }) };
      model.close();
      found.set(run, { ...figures, recipe, samples: samples.length, random });
      return 'The search is done.';
    };
    const mayMoveFocus = await atWork(bench, task, 'stop');
    if (mayMoveFocus === undefined) return;
    show();
    if (mayMoveFocus) place.querySelector<HTMLElement>('#suggestion')?.focus();
  }

  const begin = () => {
    try {
      void search(goals.goal());
    } catch (error) {
      alertError(error);
      focusFieldOf(error);
    }
  };
  host.replaceChildren(
    el('p', { class: 'help' }, HELP),
    ...goals.elements,
    most.element,
    el('p', { class: 'actions' }, startButton('suggest-start', 'Search', begin)),
    place,
  );
  show();
}
