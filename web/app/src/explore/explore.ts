// A model's nodes, to look through: filter, graph, details and table. This module is loaded when it is asked for.
import type { LayerReport, Model } from 'quantab';
import { alertError } from '../alerts';
import { el } from '../dom';
import { operatorName } from '../format';
import { say } from '../status';
import { showDetails } from './details';
import { Exploration } from './exploration';
import { filterView } from './filter_view';
import { nodeName } from './graph';
import { layerErrors } from './layer_errors';
import { showGraph } from './graph_view';
import { showNodeTable } from './node_table';

function announceSelection(exploration: Exploration): void {
  let said: number | undefined;
  exploration.onChange(() => {
    const { selected, nodes } = exploration;
    if (selected === said) return;
    said = selected;
    if (selected === undefined) return;
    const node = nodes[selected]!;
    say(`Selected: ${nodeName(node, selected)}, ${operatorName(node)}.`);
  });
}

/** Shows it in `host`; what it has running ends when `signal` is aborted. Returns what takes the layers of a result. */
export function explore(
  host: HTMLElement,
  model: Model,
  signal: AbortSignal,
): (report: LayerReport | undefined) => void {
  const { info } = model;
  const exploration = new Exploration(info.nodes);
  const drawing = el('div', { id: 'drawing' });
  const details = el('section', { id: 'node-details', 'aria-label': 'Selected node' });
  const rows = el('div');
  host.replaceChildren(
    filterView(info.operators, exploration),
    el('div', { class: 'graph' }, drawing, details),
    rows,
  );
  showDetails(details, info, exploration, (name) => model.weightHistogram(name, { signal }));
  showNodeTable(rows, exploration);
  announceSelection(exploration);
  showGraph(drawing, info, exploration, signal).catch((error: unknown) => {
    if (signal.aborted) return;
    drawing.replaceChildren();
    alertError(error);
  });
  return (report) => exploration.showErrors(layerErrors(info.nodes, report));
}
