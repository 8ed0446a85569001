// What a model has that cannot be run, or cannot be given, on this page.
import type { ModelInfo, UnsupportedNode, ValueInfo } from 'quantab';

export interface UnsupportedOperator {
  opType: string;
  domain: string;
  nodes: string[];
}

/** The operators of nodes that cannot run, each once. */
export function operatorsOf(nodes: readonly UnsupportedNode[]): UnsupportedOperator[] {
  const byName = new Map<string, UnsupportedOperator>();
  for (const { opType, domain, node } of nodes) {
    const key = `${domain}:${opType}`;
    const operator = byName.get(key) ?? { opType, domain, nodes: [] };
    operator.nodes.push(node);
    byName.set(key, operator);
  }
  return [...byName.values()];
}

/** Inputs and outputs that this page can neither give nor take: samples and results are tensors. */
export const strangersAmong = (values: readonly ValueInfo[]): ValueInfo[] =>
  values.filter(({ kind }) => kind === 'sequence' || kind === 'other');

/** Whether the whole of a model can be run, so that outputs can be compared and runs be timed. */
export const canRun = ({ unsupported, inputs }: ModelInfo): boolean =>
  unsupported.length === 0 && strangersAmong(inputs).length === 0;
