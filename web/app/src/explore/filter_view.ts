// What nodes to look for, and the way from one that matches to the next.
import type { OperatorInfo } from 'quantab';
import { el } from '../dom';
import { field, select } from '../fields';
import { count, operatorName } from '../format';
import { operatorKey, type Exploration } from './exploration';

/** The fields that decide which nodes match. */
export function filterView(
  operators: readonly OperatorInfo[],
  exploration: Exploration,
): HTMLElement {
  const step = (direction: 1 | -1) => exploration.step(direction);
  const apply = () => exploration.filter({ text: text.value, operator: operator.value });
  const text = el('input', { id: 'find', type: 'text', autocomplete: 'off', oninput: apply });
  text.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    step(event.shiftKey ? -1 : 1);
  });
  const names = operators
    .map((each): [string, string] => [operatorKey(each), operatorName(each)])
    .sort(([, a], [, b]) => a.localeCompare(b, 'en'));
  const choices = Object.fromEntries([['', 'All operators'], ...names]);
  const operator = select({ id: 'find-operator' }, choices, '');
  operator.addEventListener('change', apply);
  const found = el('output', { id: 'found', for: 'find find-operator' });
  const say = () => {
    const all = count(exploration.nodes.length);
    found.textContent = `${count(exploration.matches.length)} of ${all} nodes`;
  };
  say();
  exploration.onChange(say);
  const button = (id: string, label: string, direction: 1 | -1) =>
    el('button', { type: 'button', id, onclick: () => step(direction) }, label);
  return el(
    'div',
    { role: 'search', 'aria-label': 'Nodes' },
    field(
      'Find nodes',
      text,
      'By name, operator, input or output. Enter goes to the next, with Shift to the one before.',
    ),
    field('Operator', operator),
    el(
      'p',
      { class: 'actions' },
      button('find-previous', 'Previous node', -1),
      button('find-next', 'Next node', 1),
      found,
    ),
  );
}
