// A table of parts of a model, worst first, and which of them to keep in float.
import { el, table, type Child, type Column } from './dom';
import { counted } from './format';

/** Rows that are shown at once. */
const FEW = 15;

/** Where a bar of error is full and where it is empty, in decibels. */
const WORST = 0;
const BEST = 60;

export interface KeepRow {
  name: string;
  opType: string;
  /** What to keep in float for it, by name. */
  nodes: readonly string[];
  /** One for each column between the name and the choice. */
  figures: Child[];
}

/** What opens beneath a row. */
export interface RowDetails {
  /** What opens the row of that name, and closes it. */
  toggle(name: string): HTMLElement;
  /** Puts what is open beneath its row again, in a table that was made anew; `names` are those of the rows. */
  restore(names: readonly string[], rows: NodeListOf<HTMLTableRowElement>): void;
}

export interface KeepTable {
  id: string;
  /** Of the button that quantizes again. */
  button: string;
  /** What a row is: "layer". */
  noun: string;
  caption: string;
  columns: Column[];
  rows: readonly KeepRow[];
  details?: RowDetails | undefined;
  help: string;
}

/** Decibels with a bar of the error: the longer, the worse. `isEqual` is where nothing differs. */
export function errorBar(decibels: number | null, isEqual: boolean, text: string): HTMLElement {
  const value = decibels ?? (isEqual ? BEST : WORST);
  const badness = 1 - Math.min(1, Math.max(0, (value - WORST) / (BEST - WORST)));
  const bar = el('meter', {
    min: 0,
    max: 1,
    value: Number(badness.toFixed(3)),
    'aria-hidden': 'true',
  });
  return el('span', { class: 'barred' }, bar, ` ${text}`);
}

/** The list of names among the options is divided by commas. */
export const canName = (nodes: readonly string[]): boolean =>
  nodes.length > 0 && !nodes.some((node) => node.includes(','));

/** `again` is given the names of the nodes to keep in float, when that is asked for. */
export function keepTable(
  { id, button: buttonId, noun, caption, columns, rows, details, help }: KeepTable,
  again: (nodes: string[]) => void,
): HTMLElement {
  const box = el('div', { id });
  const chosen = (): KeepRow[] =>
    rows.filter(
      ({ name }) =>
        box.querySelector<HTMLInputElement>(`[data-layer=${CSS.escape(name)}]`)?.checked === true,
    );
  const button = el(
    'button',
    {
      type: 'button',
      id: buttonId,
      onclick: () => {
        const nodes = chosen().flatMap((row) => row.nodes);
        if (nodes.length > 0) again(nodes);
      },
    },
    '',
  );
  const changed = () => {
    const { length } = chosen();
    button.setAttribute('aria-disabled', String(length === 0));
    button.textContent =
      length === 0
        ? `Choose ${noun}s to keep in float`
        : `Quantize again with ${counted(length, noun)} in float`;
  };
  const cells = ({ name, opType, nodes, figures }: KeepRow): Child[] => [
    el('span', {}, name, el('small', {}, ` ${opType} `), details?.toggle(name)),
    ...figures,
    canName(nodes)
      ? el('input', {
          type: 'checkbox',
          'aria-label': `Keep ${name} in float`,
          'data-layer': name,
          onchange: changed,
        })
      : '–',
  ];
  const show = (count: number) => {
    const kept = new Set(chosen().map(({ name }) => name));
    const heads = [
      { head: noun[0]!.toUpperCase() + noun.slice(1) },
      ...columns,
      { head: 'Keep in float' },
    ];
    const few = rows.slice(0, count);
    const shown = table(caption, heads, few.map(cells));
    details?.restore(
      few.map(({ name }) => name),
      shown.querySelectorAll('tbody tr'),
    );
    for (const input of shown.querySelectorAll<HTMLInputElement>('[data-layer]')) {
      input.checked = kept.has(input.dataset['layer']!);
    }
    const more =
      count < rows.length &&
      el(
        'button',
        {
          type: 'button',
          class: 'link',
          onclick: () => {
            show(rows.length);
            // The button that had the focus is gone.
            box.querySelector<HTMLElement>('[role=region]')?.focus();
          },
        },
        `Show all ${counted(rows.length, noun)}`,
      );
    box.replaceChildren(
      shown,
      el('p', { class: 'help' }, help),
      el('p', { class: 'actions' }, button, more),
    );
    changed();
  };
  show(FEW);
  return box;
}
