// A graph from a seed, or from decisions that are given.
import { Builder } from './builder.mjs';
import { Choices } from './choices.mjs';
import { families } from './ops/index.mjs';

export const OPSETS = [13, 21];
const MOST_NODES = 8;

const allowed = (opset, only) =>
  Object.values(families)
    .flat()
    .filter(
      ({ op, since = 13, until = 21 }) =>
        opset >= since && opset <= until && (!only || only.test(op)),
    )
    .map((entry) => [entry.weight ?? 1, entry]);

/** What is a result: whatever nobody reads, and now and then something that somebody does. */
function outputsOf(builder) {
  const read = new Set();
  const collect = ({ nodes, outputs = [] }) => {
    for (const node of nodes) {
      node.inputs.forEach((name) => read.add(name));
      for (const value of Object.values(node.attributes ?? {})) if (value.nodes) collect(value);
    }
    outputs.forEach(({ name }) => read.add(name));
  };
  collect(builder);
  const made = builder.nodes
    .filter(({ op }) => op !== 'Constant')
    .flatMap(({ outputs }) => outputs)
    .filter((name) => name !== '');
  const results = made.filter((name) => !read.has(name) || builder.choices.chance(12));
  // What is given may be a result too.
  const given = [...builder.inputs, ...builder.initializers].map(({ name }) => name);
  if (given.length > 0 && builder.choices.chance(3)) results.push(builder.choices.pick(given));
  // Tensors of four bits end onnxruntime-node when they leave it.
  return results
    .map((name) => ({ name, dtype: builder.known.get(name).dtype }))
    .filter(({ dtype }) => dtype !== 'int4' && dtype !== 'uint4');
}

/**
 * A graph: { graph, feeds, known: values by name, ops: what was chosen, choices, spans }. `only` limits the operators by name. A span
 * is what one attempt to add an operator drew, from `from` to `to`, and whether it was `added`; the first one follows the number of
 * operators that are wanted, at COUNT_AT.
 */
export function generate({ seed, given, only }) {
  const choices = new Choices({ seed, given });
  const wanted = choices.int(1, MOST_NODES);
  const opset = choices.int(...OPSETS);
  const builder = new Builder(choices, opset);
  const operators = allowed(opset, only);
  const ops = [];
  const spans = [];
  // Some attempts fail: no window fits an image, say.
  for (
    let tries = 0;
    ops.length < wanted && builder.nodes.length < MOST_NODES && tries < 12;
    tries++
  ) {
    const from = choices.drawn.length;
    const { op, make } = choices.weighted(operators);
    const added = Boolean(make(builder));
    if (added) ops.push(op);
    spans.push({ from, to: choices.drawn.length, added });
  }
  const { nodes, inputs, initializers, feeds, known } = builder;
  // Some initializers are inputs' values for when none are given.
  for (const { name, dtype, dims } of initializers) {
    const { replaceable } = known.get(name);
    if (replaceable && choices.chance(3)) inputs.push({ name, dtype, declared: dims });
  }
  const graph = { opset, nodes, inputs, initializers, outputs: outputsOf(builder) };
  return { graph: pruned(graph), feeds, known, ops, choices, spans };
}

/** Where among the decisions the number of operators is. */
export const COUNT_AT = 0;

/** The tensors for a graph's inputs, but for those that have a value of their own. */
export const givenTo = ({ inputs }, feeds) =>
  Object.fromEntries(inputs.flatMap(({ name }) => (name in feeds ? [[name, feeds[name]]] : [])));

/** Names that a node reads, also inside its graphs. */
export function readsOf({ inputs, attributes = {} }) {
  const inner = Object.values(attributes).filter((value) => value.nodes);
  return [
    ...inputs,
    ...inner.flatMap((graph) => [
      ...graph.nodes.flatMap(readsOf),
      ...graph.outputs.map(({ name }) => name),
    ]),
  ];
}

/** The graph without what none of its outputs needs. */
export function pruned(graph) {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((name) => needed.has(name))) return false;
      readsOf(node).forEach((name) => needed.add(name));
      return true;
    })
    .toReversed();
  const used = ({ name }) => needed.has(name);
  return {
    ...graph,
    nodes,
    inputs: graph.inputs.filter(used),
    initializers: graph.initializers.filter(used),
  };
}
