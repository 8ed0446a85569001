// The selected node: what it is, what it reads and what it writes, with the nodes on the other side of each.
import type { ModelInfo, ValueInfo } from 'quantab';
import { el } from '../dom';
import { count, operatorName, shape } from '../format';
import type { Exploration } from './exploration';
import { nodeName } from './graph';
import { errorWords } from './layer_errors';
import { weightView, type ReadHistogram } from './weight_view';

/** So many readers of a value are named. */
const NAMED = 8;

/** Who writes and who reads each value, and what is known of it. */
class Values {
  readonly #writers = new Map<string, number>();
  readonly #readers = new Map<string, Set<number>>();
  readonly #inputs: Map<string, ValueInfo>;
  readonly #outputs: Map<string, ValueInfo>;

  constructor({ nodes, inputs, outputs }: ModelInfo) {
    this.#inputs = new Map(inputs.map((value) => [value.name, value]));
    this.#outputs = new Map(outputs.map((value) => [value.name, value]));
    nodes.forEach((node, i) => {
      for (const name of node.outputs) this.#writers.set(name, i);
      for (const name of node.inputs) {
        const readers = this.#readers.get(name) ?? new Set();
        this.#readers.set(name, readers.add(i));
      }
    });
  }

  writer(name: string): number | undefined {
    return this.#writers.get(name);
  }

  readers(name: string): number[] {
    return [...(this.#readers.get(name) ?? [])];
  }

  isInput(name: string): boolean {
    return this.#inputs.has(name);
  }

  isOutput(name: string): boolean {
    return this.#outputs.has(name);
  }

  /** " float32 [1, 8]" of what the model says so much about. */
  typeOf(name: string): string {
    const value = this.#inputs.get(name) ?? this.#outputs.get(name);
    return value === undefined ? '' : ` ${value.dtype} ${shape(value.shape, value.hasShape)}`;
  }
}

/** Shows in `host` what is selected, whenever that changes. */
export function showDetails(
  host: HTMLElement,
  info: ModelInfo,
  exploration: Exploration,
  read: ReadHistogram,
): void {
  const values = new Values(info);
  const nameOf = (i: number) => nodeName(info.nodes[i]!, i);
  const go = (i: number) => {
    exploration.select(i);
    host.querySelector('h3')!.focus();
  };
  const link = (i: number) =>
    el('button', { type: 'button', class: 'link', onclick: () => go(i) }, nameOf(i));
  const between = (parts: HTMLElement[]) =>
    parts.flatMap((part, i) => (i > 0 ? [', ', part] : [part]));

  const input = (name: string) => {
    if (name === '') return el('li', {}, 'left out');
    const writer = values.writer(name);
    if (writer !== undefined) return el('li', {}, el('code', {}, name), ' from ', link(writer));
    if (values.isInput(name))
      return el('li', {}, el('code', {}, name), values.typeOf(name), ', an input of the model');
    return el('li', {}, el('code', {}, name), ', stored in the model: ', weightView(name, read));
  };
  const output = (name: string) => {
    if (name === '') return el('li', {}, 'left out');
    const readers = values.readers(name);
    const more = readers.length - NAMED;
    return el(
      'li',
      {},
      el('code', {}, name),
      values.typeOf(name),
      values.isOutput(name) && ', an output of the model',
      ...(readers.length > 0 ? [' to ', ...between(readers.slice(0, NAMED).map(link))] : []),
      more > 0 && ` and ${count(more)} more`,
    );
  };

  const show = (selected: number | undefined) => {
    const node = selected === undefined ? undefined : info.nodes[selected];
    if (node === undefined) {
      host.replaceChildren(el('p', { class: 'help' }, 'No node is selected.'));
      return;
    }
    const error = exploration.errors.get(selected!);
    const parts = [
      el('h3', { id: 'node-title', tabindex: -1 }, nameOf(selected!)),
      el('p', {}, operatorName(node)),
      error !== undefined &&
        el('p', { id: 'node-error' }, `Its own error in the chosen result: ${errorWords(error)}`),
      el('h4', {}, 'Inputs'),
      el('ul', {}, ...node.inputs.map(input)),
      el('h4', {}, 'Outputs'),
      el('ul', {}, ...node.outputs.map(output)),
    ];
    host.replaceChildren(...parts.filter((part) => part !== false));
  };
  let shown: number | undefined;
  let { errors } = exploration;
  show(shown);
  exploration.onChange(() => {
    if (exploration.selected === shown && exploration.errors === errors) return;
    shown = exploration.selected;
    errors = exploration.errors;
    show(shown);
  });
}
