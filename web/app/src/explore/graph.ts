// The graph that is drawn: a model's nodes, its inputs and outputs, and what flows between them.
import type { ModelInfo, ValueInfo } from 'quantab';
import { operatorName, shape } from '../format';

export interface Vertex {
  kind: 'node' | 'input' | 'output';
  title: string;
  subtitle: string;
  /** Of its box, in pixels at a zoom of 1. */
  width: number;
  height: number;
}

/** Of indices into the vertices. */
export interface Edge {
  from: number;
  to: number;
}

export interface Graph {
  /** The nodes in the model's order, then its inputs, then its outputs. */
  vertices: Vertex[];
  /** At most one between two vertices. */
  edges: Edge[];
}

const CHARACTER = 7;
const NARROWEST = 90;
const WIDEST = 230;

function vertex(kind: Vertex['kind'], title: string, subtitle: string): Vertex {
  const wanted = 24 + CHARACTER * Math.max(title.length, subtitle.length);
  const width = Math.min(WIDEST, Math.max(NARROWEST, wanted));
  return { kind, title, subtitle, width, height: 44 };
}

const valueVertex = (kind: 'input' | 'output') => (value: ValueInfo) =>
  vertex(kind, value.name, `${value.dtype} ${shape(value.shape, value.hasShape)}`);

/** What a node is called: not every node has a name. */
export const nodeName = ({ name }: { name: string }, index: number): string =>
  name || `node ${index}`;

/** Vertex by the name of the value that it gives. */
function sourcesOf({ nodes, inputs }: ModelInfo): Map<string, number> {
  const sources = new Map<string, number>();
  inputs.forEach(({ name }, i) => sources.set(name, nodes.length + i));
  nodes.forEach((node, i) => {
    for (const output of node.outputs) if (output !== '') sources.set(output, i);
  });
  return sources;
}

export function graphOf(info: ModelInfo): Graph {
  const { nodes, inputs, outputs } = info;
  const sources = sourcesOf(info);
  const edges: Edge[] = [];
  const connect = (to: number, names: readonly string[]) => {
    const from = new Set(names.map((name) => sources.get(name)));
    for (const source of from) if (source !== undefined) edges.push({ from: source, to });
  };
  nodes.forEach((node, i) => connect(i, node.inputs));
  outputs.forEach(({ name }, i) => connect(nodes.length + inputs.length + i, [name]));
  return {
    vertices: [
      ...nodes.map((node, i) => vertex('node', operatorName(node), nodeName(node, i))),
      ...inputs.map(valueVertex('input')),
      ...outputs.map(valueVertex('output')),
    ],
    edges,
  };
}
