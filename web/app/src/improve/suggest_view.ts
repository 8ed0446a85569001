// Searches for few nodes to keep in float, or in 16 bits, and says what that gains and costs. Loaded when it is asked for.
import type { FormFigures, Progress, Recipe, Remedy, Suggestion } from 'quantab';
import { isCancelled } from '../alerts';
import { el, table } from '../dom';
import { bytes, counted, milliseconds, percent } from '../format';
import { canName } from '../keep_table';
import { saveRecipe } from '../run_actions';
import type { Run } from '../runs';
import { firstOf } from '../samples';
import { doubts, runsFor, someSamples, type Bench } from './bench';
import { samplesField } from './fields';
import { goalFields, goalOn } from './goals';
import { achieved, METRICS, quality } from './metrics';
import { showPart } from './part';
import { remedyField, WHERE } from './remedies';

const HELP =
  'Quantizes each node alone to rank them, then tries models that keep the worst in float or in 16 bits, and leaves out what turns out not to be needed.';

const TOO_EARLY =
  'The search was stopped before a model was tried, so there is nothing to suggest. Let it run longer, or on fewer samples.';

const COMMA =
  'A name among them has a comma, which divides the names in the options here. The saved recipe has them as they are, for the command line and the package.';

/** What was found for a result. */
export interface Suggested extends Omit<Suggestion, 'model'> {
  recipe: Recipe;
  samples: number;
  /** Whether the samples were made up. */
  random: boolean;
  /** The share of them that the original is right on, where the goal was one of accuracy. */
  before: number | undefined;
}

/** What quantizes anew with what was found. */
export interface Helping {
  /** With nodes kept in float. */
  keepInFloat(nodes: string[]): void;
  /** With some options changed. */
  change(options: Record<string, unknown>): void;
}

/** The options of a conversion in which activations have 16 bits. */
function raised({ quantize_static: options }: Recipe): Record<string, unknown> {
  const { TensorQuantOverrides } = (options?.['extra_options'] ?? {}) as Record<string, unknown>;
  return { tensorQuantOverrides: TensorQuantOverrides };
}

const NOTHING: Record<Remedy, string> = {
  float: 'Nothing has to stay in float',
  '16-bit': 'Nothing needs 16 bits',
};

function conclusion(result: Suggested): string {
  const { kept, considered, met, complete, metric, remedy, target, suggested, before } = result;
  const reached = achieved(metric, suggested);
  const wanted = quality(metric, { value: target, maxAbsError: null });
  const words = `${counted(kept.length, 'node')} of ${considered} ${WHERE[remedy]}`;
  const early = ' The search ended early: fewer nodes, or better ones, may be there.';
  const otherwise = remedy === '16-bit' ? ' Nodes that stay in float may reach it.' : '';
  const parts = met
    ? kept.length === 0
      ? `${NOTHING[remedy]}: with every node quantized it is ${reached}, and ${wanted} is wanted.`
      : `With ${words} it is ${reached}; ${wanted} is wanted.`
    : `No model was found that reaches ${wanted}. The closest keeps ${words} and reaches ${quality(metric, suggested)}.${otherwise}`;
  const original = before === undefined ? '' : ` The original is right on ${percent(before)}.`;
  return parts + original + (complete || (met && kept.length === 0) ? '' : early);
}

/** How much longer a run takes: "takes 4 % longer". */
function runWords(before: number, after: number): string {
  const change = Number((after / before - 1).toFixed(2));
  if (change === 0) return 'takes as long';
  return `takes ${percent(Math.abs(change))} ${change < 0 ? 'less' : 'longer'}`;
}

function costs({ quantized, suggested }: Suggested): string {
  const size = suggested.bytes - quantized.bytes;
  const [before, after] = [quantized.latency?.median ?? 0, suggested.latency?.median ?? 0];
  const run = before > 0 ? `, and a run ${runWords(before, after)}` : '';
  return `Beside all nodes quantized, that is ${bytes(Math.abs(size))} ${size < 0 ? 'less' : 'more'}${run}.`;
}

function forms({ metric, original, quantized, suggested, before }: Suggested): HTMLElement {
  const row = (name: string, form: FormFigures) => [
    name,
    bytes(form.bytes),
    form.latency === null ? '–' : milliseconds(form.latency.median),
    form === original ? (before === undefined ? '–' : percent(before)) : quality(metric, form),
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

const nodes = ({ kept, metric, remedy }: Suggested): HTMLElement =>
  table(
    `To keep ${WHERE[remedy]}`,
    [{ head: 'Node' }, { head: 'Operator' }, { head: 'Alone quantized', number: true }],
    kept.map((each) => [each.node, each.opType, quality(metric, each)]),
  );

function outcome(result: Suggested, run: Run, help: Helping): HTMLElement[] {
  const { kept, recipe, remedy, samples, random } = result;
  const names = kept.map(({ node }) => node);
  const isRaised = remedy === '16-bit';
  const canRepeat = isRaised || canName(names);
  const repeat = () => (isRaised ? help.change(raised(recipe)) : help.keepInFloat(names));
  const save = () => saveRecipe(run, recipe);
  const again = el(
    'button',
    { type: 'button', class: 'primary', id: 'keep-suggested', onclick: repeat },
    `Quantize again with ${counted(kept.length, 'node')} ${WHERE[remedy]}`,
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
          el('p', { class: 'actions' }, canRepeat && again, saving),
          ...(canRepeat ? [] : [el('p', { class: 'help' }, COMMA)]),
          el(
            'p',
            { class: 'help' },
            `Found on ${counted(samples, 'sample')}. Quantizing again uses all samples, and its figures are of all.`,
          ),
        ]),
  ];
}

export function showSuggest(host: HTMLElement, run: Run, bench: Bench, help: Helping): void {
  const goals = goalFields(run.judgement!.comparison!, bench);
  const remedy = remedyField(run.recipe);
  const most = samplesField('search-samples', 'Samples to search on');
  showPart(host, bench, {
    help: [HELP],
    fields: [...goals.elements, remedy.element, most.element],
    button: { id: 'suggest-start', text: 'Search' },
    canStop: 'stop',
    begin() {
      const goal = goals.goal();
      const chosen = remedy.value();
      return async ({ signal, stop, progress }) => {
        const { samples: all, random } = await someSamples(bench);
        const samples = firstOf(all, most.value());
        const { target, before } = await goalOn(goal, bench.model, samples, { signal });
        const call = {
          recipe: run.recipe,
          samples,
          labels: samples.labels,
          target,
          remedy: chosen,
          runs: runsFor(run.judgement?.latency?.float.median ?? 0),
          signal,
          stop,
          onProgress: ({ stage, ...state }: Progress) =>
            progress.update({ stage: stage === 'compare' ? 'search' : stage, ...state }),
          onLog: (_: string, message: string) => progress.note(message),
        };
        const { model, ...figures } = await bench.model.suggest(call).catch((error: unknown) => {
          const isEarly = isCancelled(error) && stop.aborted && !signal.aborted;
          throw isEarly ? new Error(TOO_EARLY) : error;
        });
        const { preprocess } = run.recipe;
        const recipe = { ...model.recipe, ...(preprocess && { preprocess }) };
        model.close();
        run.suggestion = { ...figures, recipe, samples: samples.length, random, before };
        return 'The search is done.';
      };
    },
    outcome: () => (run.suggestion === undefined ? [] : outcome(run.suggestion, run, help)),
    focus: '#suggestion',
  });
}
