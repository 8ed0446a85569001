// The layers of a quantized model, worst first, and which of them to keep in float.
import type { LayerReport } from 'quantab';
import { el } from './dom';
import { counted, decibels } from './format';
import { errorBar, keepTable } from './keep_table';
import { OpenRows, type LayerSource } from './open_rows';

/**
 * `again` is given the names of the nodes to keep in float, when that is asked for. With a `source`, rows open to histograms, until
 * `signal` is aborted.
 */
export function layersView(
  report: LayerReport,
  again: (nodes: string[]) => void,
  source: LayerSource | undefined,
  signal: AbortSignal,
): HTMLElement {
  const rows = report.layers.flatMap(({ name, opType, nodes, own, accumulated }) =>
    own === null
      ? []
      : [
          {
            name,
            opType,
            nodes,
            figures: [
              errorBar(own.sqnrDb, own.mse === 0, decibels(own.sqnrDb, own.mse)),
              decibels(accumulated.sqnrDb, accumulated.mse),
            ],
          },
        ],
  );
  if (rows.length === 0) {
    return el('p', { class: 'help', id: 'layers' }, 'No layer of this model is quantized.');
  }
  return keepTable(
    {
      id: 'layers',
      button: 'keep-in-float',
      noun: 'layer',
      caption: `Layers, worst first (${counted(report.samples, 'sample')})`,
      columns: [
        { head: 'Its own error, dB', number: true },
        { head: 'With all before it, dB', number: true },
      ],
      rows,
      details: source && new OpenRows(report, source, signal),
      help: 'Fewer decibels are worse. A layer’s own error is what quantizing it alone does to its result.',
    },
    again,
  );
}
