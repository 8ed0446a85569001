// Graphs inside graphs, which use values from around them.
import { joined, moved } from '../ranges.mjs';
import { codeOf } from '../dtypes.mjs';
import { narrow } from './binary.mjs';

const NUMBERS = ['float32', 'int64', 'int32'];

/** Finished parts of an inner graph whose results are `values`. */
const graphOf = (inner, inputs, values, name) => ({
  name,
  inputs,
  initializers: inner.initializers,
  nodes: inner.nodes,
  outputs: values.map((value) => ({ name: value.name, dtype: value.dtype })),
});

/** A value of the inner graph itself, as a graph's outputs have to be. */
const own = (inner, value) =>
  inner.one('Identity', [value], { ...moved(value), dtype: value.dtype, dims: value.dims });

/** A value of the same type and shape as `like`, made of others around it in a step or two. */
function variation(inner, like) {
  const { choices } = inner;
  const limits = { types: [like.dtype], dims: like.dims, test: narrow };
  const other = inner.take(choices.chance(50) ? limits : { ...limits, dims: [] });
  const op = choices.pick(['Max', 'Min', 'Neg', 'Abs']);
  const inputs = op === 'Max' || op === 'Min' ? [like, other] : [like];
  const most = Math.max(...inputs.map(({ low, high }) => Math.max(-low, high)));
  const range = { ...joined(inputs), low: -most, high: most, rounded: true };
  return inner.one(op, inputs, { ...range, dtype: like.dtype, dims: like.dims });
}

function branch(g, like) {
  const inner = g.inner();
  let value = variation(inner, like);
  for (let i = inner.choices.int(0, 2); i > 0; i--) value = variation(inner, value);
  // Nested once.
  if (inner.depth < 2 && inner.choices.chance(20)) value = branching(inner, like) ?? value;
  return { inner, value: own(inner, value) };
}

function branching(g, like) {
  const condition = g.take({ types: ['bool'], dims: g.choices.chance(80) ? [] : [1], same: true });
  const parts = [branch(g, like), branch(g, like)];
  const values = parts.map(({ value }) => value);
  const attributes = {
    then_branch: graphOf(parts[0].inner, [], [values[0]], 'then'),
    else_branch: graphOf(parts[1].inner, [], [values[1]], 'else'),
  };
  const output = { ...joined(values), rounded: true, dtype: like.dtype, dims: like.dims };
  return g.one('If', [condition], output, { attributes });
}

function ifNode(g) {
  return branching(g, g.take({ types: NUMBERS, test: narrow }));
}

/** Inputs of an inner graph; of two scalars, ONNX Runtime wants to be told that they are. */
const stated = ({ name, dtype, dims }) => ({
  name,
  dtype,
  declared: dims.length === 0 ? [] : undefined,
});

/** A value that an inner graph is given. */
const given = (inner, dtype, dims, range) =>
  inner.add({ name: inner.name('i'), dtype, dims, ...range });

/** One carried value, which stays within its bounds, and perhaps one that is collected. */
function loopNode(g) {
  const { choices } = g;
  const start = g.take({ types: NUMBERS, test: narrow });
  const trips = choices.int(0, 4);
  const most = Math.max(-start.low, start.high, 255);
  // Whether all that is carried is on a grid is known only when it has been carried.
  const bounds = { low: -most, high: most, unit: 0, special: false };
  const inner = g.inner();
  const scalar = { low: 0, high: 4, unit: 1, same: true, special: false };
  const index = given(inner, 'int64', [], scalar);
  const go = given(inner, 'bool', [], { ...scalar, high: 1 });
  const carried = given(inner, start.dtype, start.dims, { ...bounds, same: start.same });
  const limits = { low: -most, high: most };
  const other = inner.take({ types: [start.dtype], dims: start.dims, ...limits });
  const op = choices.pick(['Max', 'Min', 'Neg', 'Abs']);
  const inputs = op === 'Max' || op === 'Min' ? [carried, other] : [carried];
  const same = inputs.every((value) => value.same);
  const next = inner.one(op, inputs, {
    ...bounds,
    same,
    rounded: true,
    dtype: start.dtype,
    dims: start.dims,
  });
  const carry = choices.chance(50) ? next : own(inner, variation(inner, next));
  // Ends before its time, perhaps.
  let again;
  let ended = trips;
  const early = choices.chance(30);
  if (early) {
    const limit = choices.int(0, 3);
    const end = inner.numbers('int64', [], [limit], { constant: true });
    again = inner.one('Less', [index, end], {
      dtype: 'bool',
      dims: [],
      low: 0,
      high: 1,
      same: true,
    });
    ended = Math.min(trips, limit + 1);
  } else again = own(inner, go);
  const counts = choices.chance(50);
  const scanned = choices.chance(60)
    ? counts
      ? inner.one(
          'Cast',
          [index],
          { ...scalar, dtype: 'float32', dims: [] },
          { attributes: { to: codeOf('float32') } },
        )
      : own(inner, next)
    : undefined;
  const results = [again, carry, ...(scanned ? [scanned] : [])];
  const body = graphOf(inner, [index, go, carried].map(stated), results, 'body');
  const count = g.numbers('int64', choices.pick([[], [1]]), [trips]);
  const condition = choices.chance(60) ? g.numbers('bool', [], [1]) : null;
  const all = same && start.same && carry.same;
  const range = { ...bounds, same: all, rounded: true };
  const outputs = [{ ...range, dtype: start.dtype, dims: start.dims }];
  if (scanned)
    outputs.push({
      ...range,
      same: scanned.same && all,
      dtype: scanned.dtype,
      dims: ended === 0 ? undefined : [ended, ...scanned.dims],
    });
  return g.node('Loop', [count, condition, start], outputs, { attributes: { body } });
}

export default [
  { op: 'If', weight: 4, make: ifNode },
  { op: 'Loop', weight: 4, make: loopNode },
];
