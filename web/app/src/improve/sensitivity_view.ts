// What each node costs when it alone is quantized, worst first. Loaded when it is asked for.
import type { SensitivityReport } from 'quantab';
import { counted, decibels, figure } from '../format';
import { errorBar, keepTable } from '../keep_table';
import type { Run } from '../runs';
import { firstOf } from '../samples';
import { doubts, someSamples, type Bench } from './bench';
import { samplesField } from './fields';
import { showPart } from './part';

const HELP =
  'Of the float model, each node is quantized alone, with the settings of this result, and the outputs are compared. What the whole model then does is not the sum: nodes may make each other’s errors worse, or cover them.';

const COLUMN_HELP =
  'Fewer decibels are worse. The figures are of the model’s outputs, of several the worst; those of the layers above are of the layer’s own result.';

/** What was measured for a result. */
export interface Sensitivity extends SensitivityReport {
  /** Whether the samples were made up. */
  random: boolean;
}

function outcome(
  { nodes, samples, random }: Sensitivity,
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
  showPart(host, bench, {
    help: [HELP],
    fields: [most.element],
    button: { id: 'sensitivity-start', text: 'Measure' },
    begin:
      () =>
      async ({ signal, progress }) => {
        const { samples, random } = await someSamples(bench);
        const report = await bench.model.sensitivity({
          recipe: run.recipe,
          samples: firstOf(samples, most.value()),
          signal,
          onProgress: ({ stage, ...state }) =>
            progress.update({ stage: stage === 'compare' ? 'sensitivity' : stage, ...state }),
        });
        run.sensitivity = { ...report, random };
        return 'Every node has been measured.';
      },
    outcome: () => (run.sensitivity === undefined ? [] : outcome(run.sensitivity, keepInFloat)),
    focus: '[role=region]',
  });
}
