// What each node costs when it alone is quantized, worst first. Loaded when it is asked for.
import type { SensitivityReport } from 'quantab';
import { el } from '../dom';
import { counted, decibels, figure } from '../format';
import { errorBar, keepTable } from '../keep_table';
import type { Run } from '../runs';
import { firstOf } from '../samples';
import type { AtWork } from '../under_way';
import { atWork, doubts, someSamples, type Bench } from './bench';
import { samplesField, startButton } from './fields';

const HELP =
  'Of the float model, each node is quantized alone, with the settings of this result, and the outputs are compared. What the whole model then does is not the sum: nodes may make each other’s errors worse, or cover them.';

const COLUMN_HELP =
  'Fewer decibels are worse. The figures are of the model’s outputs, of several the worst; those of the layers above are of the layer’s own result.';

interface Measured extends SensitivityReport {
  random: boolean;
}

/** What was measured for each result, for as long as the page is there. */
const measured = new WeakMap<Run, Measured>();

function outcome(
  { nodes, samples, random }: Measured,
  keepInFloat: (nodes: string[]) => void,
): HTMLElement[] {
  const rows = nodes.map(({ node, opType, value, maxAbsError }) => ({
    name: node,
    opType,
    nodes: [node],
    figures: [
      errorBar(value, maxAbsError === 0, decibels(value, maxAbsError)),
      figure(maxAbsError),
    ],
  }));
  return [
    ...doubts(random),
    keepTable(
      {
        id: 'sensitivities',
        button: 'keep-sensitive',
        noun: 'node',
        caption: `Each node quantized alone, worst first (${counted(samples, 'sample')})`,
        columns: [
          { head: 'Outputs, dB', number: true },
          { head: 'Largest error', number: true },
        ],
        rows,
        help: COLUMN_HELP,
      },
      keepInFloat,
    ),
  ];
}

/** `keepInFloat` quantizes anew with nodes kept in float. */
export function showSensitivity(
  host: HTMLElement,
  run: Run,
  bench: Bench,
  keepInFloat: (nodes: string[]) => void,
): void {
  const most = samplesField('sensitivity-samples', 'Samples to measure on');
  const place = el('div');
  const show = () => {
    const report = measured.get(run);
    if (report !== undefined) place.replaceChildren(...outcome(report, keepInFloat));
  };

  async function measure(): Promise<void> {
    const task = async ({ signal, progress }: AtWork) => {
      const { samples, random } = await someSamples(bench);
      const report = await bench.model.sensitivity({
        recipe: run.recipe,
        samples: firstOf(samples, most.value()),
        signal,
        onProgress: ({ stage, ...state }) =>
          progress.update({ stage: stage === 'compare' ? 'sensitivity' : stage, ...state }),
      });
      measured.set(run, { ...report, random });
      return 'Every node has been measured.';
    };
    const mayMoveFocus = await atWork(bench, task);
    if (mayMoveFocus === undefined) return;
    show();
    if (mayMoveFocus) place.querySelector<HTMLElement>('[role=region]')?.focus();
  }

  host.replaceChildren(
    el('p', { class: 'help' }, HELP),
    most.element,
    el(
      'p',
      { class: 'actions' },
      startButton('sensitivity-start', 'Measure', () => void measure()),
    ),
    place,
  );
  show();
}
