// What a quantized model is to reach: ready-made goals in plain words, and any other figure.
import type { CallOptions, Comparison, Metric, Model } from 'quantab';
import { el } from '../dom';
import { field, FieldError, select } from '../fields';
import type { SampleSource } from '../samples';
import { accuracyOf, worstDecibels } from '../verdict';
import type { Bench } from './bench';
import { metricsOf } from './metrics';

export interface Goal {
  metric: Metric;
  value: number;
}

/** An accuracy so many points, which are hundredths, below the original's. */
export interface AccuracyGoal {
  points: number;
}

interface ReadyGoal extends Goal {
  words: string;
  help: string;
}

const CLOSENESS: readonly ReadyGoal[] = [
  {
    metric: 'sqnrDb',
    value: 20,
    words: 'Close outputs',
    help: 'An error of a tenth of the signal at most: 20 dB.',
  },
  {
    metric: 'sqnrDb',
    value: 30,
    words: 'Very close outputs',
    help: 'An error of a thirtieth of the signal at most: 30 dB.',
  },
  {
    metric: 'sqnrDb',
    value: 40,
    words: 'Practically the same outputs',
    help: 'An error of a hundredth of the signal at most: 40 dB.',
  },
];
const AGREEMENT: readonly ReadyGoal[] = [
  {
    metric: 'top1Agreement',
    value: 0.99,
    words: 'Nearly always the same choice',
    help: 'Both models make the same first choice on 99 of 100 samples.',
  },
  {
    metric: 'top1Agreement',
    value: 1,
    words: 'Always the same choice',
    help: 'Both models make the same first choice on every sample.',
  },
];
const OTHER_HELP = 'A figure of the comparison, and the value that it should have.';
const OTHER = 'other';
const ACCURACY = 'accuracy';
const ACCURACY_HELP =
  'Right on as many of your labelled samples as the original, less the points: 1 point is 1 sample of 100.';
const NO_LABELS =
  'Accuracy cannot be a goal yet: add labels of the samples (labels.csv, or folders named after their classes).';
const NO_SCORES = 'Accuracy cannot be a goal: the outputs are no scores of classes.';
/** What rounding may take from a share. */
const ROUNDING = 1e-9;

/** The next step of closeness that a result has not reached. */
function nextGoal(goals: readonly ReadyGoal[], comparison: Comparison): number {
  const reached = worstDecibels(comparison.outputs) ?? -Infinity;
  const next = goals.findIndex(({ metric, value }) => metric === 'sqnrDb' && value > reached);
  return next < 0 ? CLOSENESS.length - 1 : next;
}

export interface GoalFields {
  elements: HTMLElement[];
  /** Throws a FieldError. */
  goal(): Goal | AccuracyGoal;
}

/** A goal as the samples make it, and, where it is one of accuracy, the original's. */
export async function goalOn(
  goal: Goal | AccuracyGoal,
  model: Model,
  samples: SampleSource,
  call: CallOptions,
): Promise<{ target: Goal; before: number | undefined }> {
  if (!('points' in goal)) return { target: goal, before: undefined };
  const { labels } = samples;
  const accuracy = accuracyOf(await model.compare(model, samples, { ...call, labels }));
  if (accuracy === undefined) throw new Error(labels === undefined ? NO_LABELS : NO_SCORES);
  const before = accuracy.before / accuracy.samples;
  const value = Math.max(0, before - goal.points / 100 - ROUNDING);
  return { target: { metric: 'top1Accuracy', value }, before };
}

/** For a result that was compared so. */
export function goalFields(comparison: Comparison, bench: Bench): GoalFields {
  const metrics = metricsOf(comparison);
  const hasChoice = metrics.some(([metric]) => metric === 'top1Agreement');
  const goals = [...CLOSENESS, ...(hasChoice ? AGREEMENT : [])];
  const choices = Object.fromEntries(goals.map(({ words }, i) => [String(i), words]));
  const whyNot = () => {
    if (!hasChoice) return NO_SCORES;
    return bench.labelled() ? undefined : NO_LABELS;
  };
  const chosen = select(
    { id: 'goal' },
    { ...choices, [ACCURACY]: 'Accuracy near the original’s', [OTHER]: 'Another figure…' },
    whyNot() === undefined ? ACCURACY : String(nextGoal(goals, comparison)),
  );
  const points = el('input', {
    type: 'number',
    id: 'goal-points',
    min: 0,
    step: 'any',
    value: '1',
  });
  const pointsRow = field('Points below the original, at most', points);
  const reason = el('p', { class: 'help', id: 'no-accuracy-goal' });
  const metric = select({ id: 'goal-metric' }, Object.fromEntries(metrics), 'sqnrDb');
  const value = el('input', { type: 'number', id: 'goal-value', step: 'any', value: '30' });
  const own = [
    field('Figure', metric, 'Of several outputs the worst counts.'),
    field('This value, or a better one', value),
  ];
  const row = field('Good enough is', chosen, OTHER_HELP);
  const show = () => {
    own.forEach((each) => (each.hidden = chosen.value !== OTHER));
    const isAccuracy = chosen.value === ACCURACY;
    pointsRow.hidden = !isAccuracy;
    row.querySelector('.help')!.textContent = isAccuracy
      ? ACCURACY_HELP
      : (goals[Number(chosen.value)]?.help ?? OTHER_HELP);
    const missing = whyNot();
    for (const each of chosen.options) {
      each.disabled = each.value === ACCURACY && missing !== undefined;
    }
    reason.hidden = missing === undefined;
    reason.textContent = missing ?? '';
  };
  chosen.addEventListener('change', show);
  bench.onSamples(show);
  show();
  return {
    elements: [row, reason, pointsRow, ...own],
    goal() {
      if (chosen.value === ACCURACY) {
        const missing = whyNot();
        if (missing !== undefined) throw new FieldError(chosen, missing);
        if (!(points.valueAsNumber >= 0)) {
          throw new FieldError(points, 'The points are no number from 0. Write for instance 1.');
        }
        return { points: points.valueAsNumber };
      }
      if (chosen.value !== OTHER) {
        const { metric: name, value: least } = goals[Number(chosen.value)]!;
        return { metric: name, value: least };
      }
      if (value.value === '' || !Number.isFinite(value.valueAsNumber)) {
        throw new FieldError(value, 'What is to be reached is no number. Write for instance 30.');
      }
      return { metric: metric.value as Metric, value: value.valueAsNumber };
    },
  };
}
