// What is looked for and what is selected among a model's nodes: one state for the graph, the table and the details.
import type { NodeInfo } from 'quantab';
import type { LayerErrors } from './layer_errors';

export interface Filter {
  /** Words that must all occur in the name, operator, inputs or outputs; case does not matter. */
  text: string;
  /** "domain:operator", or nothing for all. */
  operator: string;
}

export const operatorKey = ({ domain, opType }: { domain: string; opType: string }): string =>
  `${domain}:${opType}`;

const haystack = ({ name, opType, domain, inputs, outputs }: NodeInfo): string =>
  [name, opType, domain, ...inputs, ...outputs].join('\n').toLowerCase();

export class Exploration {
  /** Indices of the nodes that pass the filter, ascending. */
  matches: number[];
  selected: number | undefined;
  isFiltered = false;
  /** Of the result that is looked at; empty where there is none. */
  errors: LayerErrors = new Map();
  readonly #texts: string[];
  readonly #listeners: (() => void)[] = [];

  constructor(readonly nodes: readonly NodeInfo[]) {
    this.#texts = nodes.map(haystack);
    this.matches = nodes.map((_, i) => i);
  }

  /** Calls back after every change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  filter({ text, operator }: Filter): void {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.isFiltered = words.length > 0 || operator !== '';
    this.matches = [...this.nodes.keys()].filter(
      (i) =>
        (operator === '' || operatorKey(this.nodes[i]!) === operator) &&
        words.every((word) => this.#texts[i]!.includes(word)),
    );
    this.#changed();
  }

  select(node: number | undefined): void {
    if (node === this.selected) return;
    this.selected = node;
    this.#changed();
  }

  /** Selects the next match, or the one before; after the last comes the first. */
  step(direction: 1 | -1): void {
    const { matches, selected } = this;
    if (matches.length === 0) return;
    const from = selected ?? (direction === 1 ? -1 : Infinity);
    const next =
      direction === 1
        ? matches.find((node) => node > from)
        : matches.findLast((node) => node < from);
    this.select(next ?? matches.at(direction === 1 ? 0 : -1));
  }

  showErrors(errors: LayerErrors): void {
    this.errors = errors;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
