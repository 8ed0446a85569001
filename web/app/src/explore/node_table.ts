// The nodes that match, as a table in pages: however many there are, every row can be reached and none is slow.
import { el, table } from '../dom';
import { count, operatorName } from '../format';
import type { Exploration } from './exploration';
import { nodeName } from './graph';
import { errorWords } from './layer_errors';

const PAGE = 50;

/** So many inputs or outputs of a node are listed. */
const LISTED = 6;

function list(names: readonly string[]): string {
  const more = names.length - LISTED;
  const shown = names.slice(0, LISTED).map((name) => name || '(left out)');
  return shown.join(', ') + (more > 0 ? ` and ${count(more)} more` : '');
}

function pageTable(nodes: readonly number[], exploration: Exploration): HTMLElement {
  const { errors } = exploration;
  const errorOf = (i: number) => {
    const decibels = errors.get(i);
    return decibels === undefined ? '–' : errorWords(decibels);
  };
  const rows = nodes.map((i) => {
    const node = exploration.nodes[i]!;
    const onclick = () => exploration.select(i);
    return [
      el('button', { type: 'button', class: 'link', onclick }, nodeName(node, i)),
      operatorName(node),
      ...(errors.size > 0 ? [errorOf(i)] : []),
      list(node.inputs),
      list(node.outputs),
    ];
  });
  const columns = [
    { head: 'Name' },
    { head: 'Operator' },
    ...(errors.size > 0 ? [{ head: 'Its own error', number: true }] : []),
    { head: 'Inputs' },
    { head: 'Outputs' },
  ];
  return table('Nodes', columns, rows);
}

/** Shows in `host` a page of the matches; that of the selected node once one is selected. */
export function showNodeTable(host: HTMLElement, exploration: Exploration): void {
  const place = el('div', { id: 'node-table' });
  const range = el('output', { id: 'rows-shown' });
  const turn = (id: string, text: string, by: 1 | -1) =>
    el('button', { type: 'button', id, onclick: () => show(page + by) }, text);
  const previous = turn('rows-previous', 'Previous rows', -1);
  const next = turn('rows-next', 'Next rows', 1);
  host.replaceChildren(place, el('p', { class: 'actions' }, previous, next, range));

  let page = 0;
  let matches: readonly number[] = [];
  let selected: number | undefined;
  let { errors } = exploration;

  const mark = () => {
    const at = selected === undefined ? -1 : matches.indexOf(selected) - page * PAGE;
    place.querySelectorAll('tbody tr').forEach((row, i) => {
      const button = row.querySelector('button')!;
      if (i === at) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
    });
  };
  const show = (wanted: number) => {
    const pages = Math.max(1, Math.ceil(matches.length / PAGE));
    if (wanted < 0 || wanted >= pages) return;
    page = wanted;
    const first = page * PAGE;
    const rows = matches.slice(first, first + PAGE);
    place.replaceChildren(pageTable(rows, exploration));
    range.textContent =
      rows.length === 0
        ? 'No rows'
        : `Rows ${count(first + 1)} to ${count(first + rows.length)} of ${count(matches.length)}`;
    previous.setAttribute('aria-disabled', String(page === 0));
    next.setAttribute('aria-disabled', String(page === pages - 1));
    mark();
  };
  const follow = () => {
    const isOther = matches !== exploration.matches;
    const hasOtherErrors = errors !== exploration.errors;
    errors = exploration.errors;
    matches = exploration.matches;
    const isSelection = selected !== exploration.selected;
    selected = exploration.selected;
    const at = selected === undefined ? -1 : matches.indexOf(selected);
    const wanted = at >= 0 && isSelection ? Math.floor(at / PAGE) : isOther ? 0 : page;
    if (isOther || hasOtherErrors || wanted !== page) show(wanted);
    else mark();
  };
  follow();
  exploration.onChange(follow);
}
