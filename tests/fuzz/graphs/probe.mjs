// How far a graph's outputs move when every inexact result on the way is off by what its rounding may cost: the graph runs again in
// ONNX Runtime with noise added behind each such node. The noise is NOISE roundings of the type, relative to the element and to the
// magnitude that was summed up to it (or to the largest element); quantized values move by a step.
import { decode, encode, isFloat, limitsOf, roundingOf } from './dtypes.mjs';
import { numbersFrom } from './choices.mjs';
import { modelBytes } from './model.mjs';
import { largest } from './numbers.mjs';
import { runRuntime } from './runtime.mjs';

const NOISE = 8;
const PROBES = 5;

const STEPPED = ['uint8', 'int8', 'uint16', 'int16'];
const isNoisy = ({ dtype, same, step }) =>
  !same && (isFloat(dtype) || (step && STEPPED.includes(dtype)));

/** Every top-level result of a graph, by name. */
async function intermediates(graph, feeds, known) {
  const outputs = graph.nodes
    .flatMap((node) => node.outputs)
    .filter((name) => name !== '')
    .map((name) => ({ name, dtype: known.get(name).dtype }))
    .filter(({ dtype }) => dtype !== 'int4' && dtype !== 'uint4');
  const given = Object.fromEntries(
    [
      ...graph.initializers,
      ...Object.entries(feeds).map(([name, tensor]) => ({ name, ...tensor })),
    ].map((tensor) => [tensor.name, tensor]),
  );
  const run = await runRuntime(modelBytes({ ...graph, outputs }), feeds);
  return run.outputs && { ...given, ...run.outputs };
}

function noiseFor(node, name, values, { dtype }, next) {
  const tensor = values[name];
  const numbers = decode(tensor);
  if (!isFloat(dtype)) {
    const steps = numbers.map(() => (next() < 0.5 ? -1 : 1));
    return { dtype: 'int32', dims: tensor.dims, data: encode('int32', steps) };
  }
  const inputs = node.inputs.map((input) => (values[input] ? decode(values[input]) : []));
  const most = node.magnitude ? node.magnitude(inputs, numbers) : largest(numbers);
  const noise = numbers.map((number) => {
    const size = NOISE * roundingOf(dtype) * (Math.abs(number) + most);
    return Number.isFinite(number) && Number.isFinite(size) ? size * (2 * next() - 1) : 0;
  });
  return { dtype, dims: tensor.dims, data: encode(dtype, noise) };
}

const scalar = (name, number) => ({
  name,
  dtype: 'int32',
  dims: [],
  data: encode('int32', [number]),
});

/** Nodes that add `noise` to `from`, giving `to`. */
function adding(from, to, dtype, noise) {
  const add = (inputs, outputs) => ({ op: 'Add', inputs, outputs });
  const initializers = [{ name: `${to}_noise`, ...noise }];
  if (isFloat(dtype)) return { nodes: [add([from, `${to}_noise`], [to])], initializers };
  const { code, low, high } = limitsOf(dtype);
  initializers.push(scalar(`${to}_low`, low), scalar(`${to}_high`, high));
  return {
    initializers,
    nodes: [
      {
        op: 'Cast',
        inputs: [from],
        outputs: [`${to}_wide`],
        attributes: { to: limitsOf('int32').code },
      },
      add([`${to}_wide`, `${to}_noise`], [`${to}_moved`]),
      { op: 'Clip', inputs: [`${to}_moved`, `${to}_low`, `${to}_high`], outputs: [`${to}_kept`] },
      { op: 'Cast', inputs: [`${to}_kept`], outputs: [to], attributes: { to: code } },
    ],
  };
}

function noisy(graph, values, known, next) {
  const nodes = [];
  const initializers = [...graph.initializers];
  for (const node of graph.nodes) {
    const moved = node.outputs.filter((name) => name !== '' && isNoisy(known.get(name)));
    const raw = (name) => (moved.includes(name) ? `${name}_raw` : name);
    nodes.push({ ...node, outputs: node.outputs.map(raw) });
    for (const name of moved) {
      const { dtype } = known.get(name);
      const added = adding(
        raw(name),
        name,
        dtype,
        noiseFor(node, name, values, known.get(name), next),
      );
      nodes.push(...added.nodes);
      initializers.push(...added.initializers);
    }
  }
  return { ...graph, nodes, initializers };
}

/** Outputs of the graph with noise, several times; none when ONNX Runtime refuses the graph with all its results. */
export async function probe({ graph, feeds, known }) {
  const values = await intermediates(graph, feeds, known);
  if (!values) return [];
  const next = numbersFrom(1);
  const probes = [];
  for (let i = 0; i < PROBES; i++) {
    const { outputs } = await runRuntime(modelBytes(noisy(graph, values, known, next)), feeds);
    if (outputs) probes.push(outputs);
  }
  return probes;
}
