// What a quantized model is to reach: ready-made goals in plain words, and any other figure.
import type { Comparison, Metric } from 'quantab';
import { el } from '../dom';
import { field, FieldError, select } from '../fields';
import { worstDecibels } from '../verdict';
import { metricsOf } from './metrics';

export interface Goal {
  metric: Metric;
  value: number;
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

/** The next step of closeness that a result has not reached. */
function nextGoal(goals: readonly ReadyGoal[], comparison: Comparison): number {
  const reached = worstDecibels(comparison.outputs) ?? -Infinity;
  const next = goals.findIndex(({ metric, value }) => metric === 'sqnrDb' && value > reached);
  return next < 0 ? CLOSENESS.length - 1 : next;
}

export interface GoalFields {
  elements: HTMLElement[];
  /** Throws a FieldError. */
  goal(): Goal;
}

export function goalFields(comparison: Comparison): GoalFields {
  const metrics = metricsOf(comparison);
  const hasChoice = metrics.some(([metric]) => metric === 'top1Agreement');
  const goals = [...CLOSENESS, ...(hasChoice ? AGREEMENT : [])];
  const choices = Object.fromEntries(goals.map(({ words }, i) => [String(i), words]));
  const chosen = select(
    { id: 'goal' },
    { ...choices, [OTHER]: 'Another figure…' },
    String(nextGoal(goals, comparison)),
  );
  const metric = select({ id: 'goal-metric' }, Object.fromEntries(metrics), 'sqnrDb');
  const value = el('input', { type: 'number', id: 'goal-value', step: 'any', value: '30' });
  const own = [
    field('Figure', metric, 'Of several outputs the worst counts.'),
    field('This value, or a better one', value),
  ];
  const row = field('Good enough is', chosen, OTHER_HELP);
  const show = () => {
    own.forEach((each) => (each.hidden = chosen.value !== OTHER));
    row.querySelector('.help')!.textContent = goals[Number(chosen.value)]?.help ?? OTHER_HELP;
  };
  chosen.addEventListener('change', show);
  show();
  return {
    elements: [row, ...own],
    goal() {
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
