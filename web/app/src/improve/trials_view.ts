// Tries all ready-made settings: size, latency and accuracy of each, and which of them nothing beats. Loaded when it is asked for.
import type { FormFigures, Trial } from 'quantab';
import { isCancelled } from '../alerts';
import { el, table, type Child } from '../dom';
import { bytes, counted, milliseconds, percent } from '../format';
import { firstSample, type SampleSource } from '../samples';
import type { AtWork } from '../under_way';
import { accuracyOf, LEVELS, outOf, type Accuracy } from '../verdict';
import type { Settings } from '../work';
import { atWork, doubts, runsFor, someSamples, type Bench } from './bench';
import { recipeOf, type Candidate } from './candidates';
import { quality } from './metrics';

const HELP =
  'Beaten is what another one leaves no reason to take: it is at least as small, as fast and as close, and better in one of them. Times are of this device, now.';

const HELP_WITH_LABELS =
  'Beaten is what another one leaves no reason to take: it is at least as small, as fast and as often right, and better in one of them. Times are of this device, now.';

const CUT = 'It was cancelled before all were tried and timed: nothing is said of which is best.';

export interface TrialActions {
  /** Makes a model with these settings, as a result. */
  make(settings: Settings): void;
}

/** What came of trying them: plain data, so that it can be stored. */
export interface Tried {
  candidates: readonly Candidate[];
  trials: readonly Trial[];
  original: Pick<FormFigures, 'bytes' | 'latency'>;
  /** How often the original is right, where there were labels: the outputs were judged by them then. */
  accuracy: Accuracy | undefined;
  samples: number;
  random: boolean;
  isCut: boolean;
}

const settingsOf = ({ conversion }: Candidate): Settings => ({
  mixed: false,
  preProcess: false,
  externalData: false,
  ...conversion,
});

const latencyOf = ({ latency }: Pick<FormFigures, 'latency'>): string =>
  latency === null ? '–' : milliseconds(latency.median);

/** How close the outputs are, or how often they are right. */
function outputs(figures: FormFigures, accuracy: Accuracy | undefined): Child {
  if (accuracy !== undefined) {
    const right = Math.round((figures.value ?? 0) * accuracy.samples);
    return `right on ${outOf(right, accuracy)}`;
  }
  const { value, maxAbsError } = figures;
  const decibels = value ?? (maxAbsError === 0 ? Infinity : -Infinity);
  const { words } = LEVELS.find(({ least }) => decibels >= least)!;
  return el('span', {}, words, el('small', {}, ` ${quality('sqnrDb', figures)}`));
}

function results(tried: Tried, actions: TrialActions): HTMLElement[] {
  const { candidates, trials, original, samples, random, isCut, accuracy } = tried;
  const made = trials.flatMap(({ figures, ...trial }) =>
    figures === null ? [] : [{ ...trial, figures }],
  );
  const failed = trials.filter(({ error }) => error !== null);
  const rows = made
    .toSorted((a, b) => a.figures.bytes - b.figures.bytes)
    .map(({ name, figures, best }) => {
      const candidate = candidates.find((each) => each.name === name)!;
      return [
        name,
        bytes(figures.bytes),
        percent(figures.bytes / original.bytes),
        latencyOf(figures),
        outputs(figures, accuracy),
        isCut ? '–' : best ? el('strong', {}, 'unbeaten') : 'beaten',
        el(
          'button',
          {
            type: 'button',
            class: 'link',
            'aria-label': `Make it: ${name}`,
            onclick: () => actions.make(settingsOf(candidate)),
          },
          'Make it',
        ),
      ];
    });
  return [
    ...(isCut ? [el('p', { class: 'notice' }, CUT)] : []),
    ...doubts(random),
    table(
      `Ready-made settings, smallest first (${counted(samples, 'sample')})`,
      [
        { head: 'Settings' },
        { head: 'Size', number: true },
        { head: 'Of the original', number: true },
        { head: 'Latency here', number: true },
        { head: accuracy === undefined ? 'Outputs' : 'Accuracy' },
        { head: 'Beside the others' },
        { head: 'Take', number: true },
      ],
      [
        [
          'Original',
          bytes(original.bytes),
          percent(1),
          latencyOf(original),
          accuracy === undefined ? '–' : `right on ${outOf(accuracy.before, accuracy)}`,
          '–',
          '–',
        ],
        ...rows,
      ],
    ),
    el('p', { class: 'help' }, accuracy === undefined ? HELP : HELP_WITH_LABELS),
    ...failed.map(({ name, error }) =>
      el('p', { class: 'notice' }, `${name} could not be made: ${error!.message}`),
    ),
  ];
}

async function tryAll(
  { model }: Bench,
  candidates: readonly Candidate[],
  samples: SampleSource,
  { signal, progress }: AtWork,
): Promise<Omit<Tried, 'candidates' | 'samples' | 'random'>> {
  const trials: Trial[] = [];
  let accuracy: Accuracy | undefined;
  const original = { bytes: model.byteLength, latency: null };
  const { labels } = samples;
  const begin = () => {
    const next = candidates[trials.length];
    const place = `${trials.length + 1} of ${candidates.length}`;
    progress.begin(next === undefined ? 'All of them' : `${place}, ${next.name}`);
  };
  const recipes = candidates.map(({ name, conversion }) => [name, recipeOf(conversion)] as const);
  begin();
  try {
    if (labels !== undefined) {
      accuracy = accuracyOf(await model.compare(model, samples, { labels, signal }));
    }
    const feeds = await firstSample(samples);
    const once = await model.benchmark({ runs: 1, warmup: 1, feeds, signal });
    const report = await model.tryAll(Object.fromEntries(recipes), {
      samples,
      labels,
      metric: accuracy === undefined ? 'sqnrDb' : 'top1Accuracy',
      runs: runsFor(once.median),
      signal,
      onProgress: (state) => progress.update(state),
      onTrial: (trial) => {
        trials.push(trial);
        begin();
      },
    });
    return { ...report, accuracy, isCut: false };
  } catch (error) {
    if (!isCancelled(error) || trials.length === 0) throw error;
    return { trials, original, accuracy, isCut: true };
  }
}

/** Shows in `section` what came of trying candidates. */
export function showTried(section: HTMLElement, tried: Tried, actions: TrialActions): void {
  section.hidden = false;
  section.replaceChildren(
    el('h2', { id: 'trials-title', tabindex: -1 }, 'All ready-made settings'),
    ...results(tried, actions),
  );
}

/** Tries candidates, shows what came of them in `section`, and gives it; nothing where nothing did. */
export async function showTrials(
  section: HTMLElement,
  bench: Bench,
  candidates: readonly Candidate[],
  actions: TrialActions,
): Promise<Tried | undefined> {
  let tried: Tried | undefined;
  const task = async (at: AtWork) => {
    const { samples, random } = await someSamples(bench);
    const outcome = await tryAll(bench, candidates, samples, at);
    tried = { ...outcome, candidates, samples: samples.length, random };
    return tried.isCut ? 'Cancelled. What was tried is shown.' : 'All settings have been tried.';
  };
  const mayMoveFocus = await atWork(bench, task);
  if (mayMoveFocus === undefined || tried === undefined) return undefined;
  showTried(section, tried, actions);
  if (mayMoveFocus) section.querySelector<HTMLElement>('#trials-title')?.focus();
  return tried;
}
