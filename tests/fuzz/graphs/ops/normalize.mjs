// Normalisations and what makes a distribution of numbers.
import { largest } from '../numbers.mjs';
import { countOf, HALVES } from '../dtypes.mjs';
import { between, moved } from '../ranges.mjs';
import { float32 } from '../model.mjs';
import { image } from './conv.mjs';

/**
 * What the error of a normalisation is relative to: elements are subtracted from their mean before they are divided by their
 * deviation, so the error of an element that is large against the deviation is large too; squared, as ONNX Runtime takes some
 * variances from the mean of squares.
 */
function deviation(numbers, epsilon) {
  const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const variance = numbers.reduce((sum, each) => sum + (each - mean) ** 2, 0) / numbers.length;
  return Math.max(1, (largest(numbers) + Math.abs(mean)) ** 2 / (variance + epsilon));
}

/** Of elements that agree in all dimensions but `axes`. */
const groupDeviations =
  (dims, axes) =>
  ([numbers]) => {
    const groups = new Map();
    numbers.forEach((number, i) => {
      let rest = i;
      const place = dims.map((_, axis) => {
        const inner = countOf(dims.slice(axis + 1));
        const at = Math.floor(rest / inner);
        rest %= inner;
        return axes.includes(axis) ? 0 : at;
      });
      groups.set(String(place), [...(groups.get(String(place)) ?? []), number]);
    });
    return Math.max(...[...groups.values()].map((group) => deviation(group, 1e-18)));
  };

/** Of `length` elements at a time, scaled by the second input. */
const deviations = (length, epsilon) => (inputs) => {
  const [numbers, scale = [1]] = inputs;
  let most = 0;
  for (let from = 0; from + length <= numbers.length && length > 0; from += length) {
    most = Math.max(most, deviation(numbers.slice(from, from + length), epsilon));
  }
  return most * largest(scale);
};

const EPSILONS = [1e-5, 1e-3, 1e-1];

function layerNormalization(g) {
  const { choices } = g;
  const x = g.take({
    types: HALVES,
    rank: [1, 4],
    low: -50,
    high: 50,
    test: ({ dims }) => !dims.includes(0),
  });
  if (x.dims.includes(0)) return null;
  const rank = x.dims.length;
  const axis = choices.below(rank);
  const inner = x.dims.slice(axis);
  const scale = g.take({ types: [x.dtype], dims: inner, low: -8, high: 8 });
  const bias = choices.chance(60)
    ? g.take({ types: [x.dtype], dims: inner, low: -8, high: 8 })
    : null;
  const epsilon = choices.pick(EPSILONS);
  const attributes = {
    ...(axis === rank - 1 && choices.chance(50) ? {} : { axis: g.written(axis, rank) }),
    ...(epsilon === 1e-5 ? {} : { epsilon: float32(epsilon) }),
  };
  const most = 8 * Math.sqrt(countOf(inner)) + 8;
  const statistics = x.dims.map((dim, i) => (i < axis ? dim : 1));
  const own = { dtype: 'float32', ...between(-50, 320, x) };
  const outputs = [
    { dtype: x.dtype, dims: x.dims, ...between(-most, most, x) },
    { ...own, dims: statistics },
    { ...own, dims: statistics },
  ].map((output) => ({ ...output, same: false }));
  const magnitude = deviations(countOf(inner), epsilon);
  return g.node('LayerNormalization', [x, scale, bias], outputs.slice(0, choices.pick([1, 1, 3])), {
    attributes,
    magnitude,
  });
}

/** Channels of an image, normalised by given or computed statistics. */
function batchNormalization(g) {
  const { choices } = g;
  const x = g.take({ types: [...HALVES, 'float64'], rank: [2, 5], low: -100, high: 100 });
  const dims = [x.dims[1]];
  const types = [x.dtype];
  const own = () => g.take({ types, dims, low: -4, high: 4 });
  const variance = g.take({ types, dims, low: 0.25, high: 4 });
  const attributes = choices.chance(50) ? { epsilon: float32(choices.pick(EPSILONS)) } : {};
  const output = { dtype: x.dtype, dims: x.dims, ...between(-900, 900, x), same: false };
  const magnitude = ([numbers, scale, , mean]) =>
    2 * largest(scale) * (largest(numbers) + largest(mean));
  return g.one('BatchNormalization', [x, own(), own(), own(), variance], output, {
    attributes,
    magnitude,
  });
}

function instanceNormalization(g) {
  const { choices } = g;
  const x = image(g, { types: HALVES, low: -50, high: 50 });
  if (!x) return null;
  const own = () => g.take({ types: [x.dtype], dims: [x.dims[1]], low: -4, high: 4 });
  const epsilon = choices.pick(EPSILONS);
  const attributes = epsilon === 1e-5 ? {} : { epsilon: float32(epsilon) };
  const length = countOf(x.dims.slice(2));
  const most = 4 * Math.sqrt(length) + 4;
  const output = { dtype: x.dtype, dims: x.dims, ...between(-most, most, x), same: false };
  return g.one('InstanceNormalization', [x, own(), own()], output, {
    attributes,
    magnitude: deviations(length, epsilon),
  });
}

function groupNormalization(g) {
  const { choices } = g;
  const groups = choices.int(1, 3);
  const rank = choices.int(1, 3);
  const makeDims = () => [
    choices.int(1, 2),
    groups * choices.int(1, 3),
    ...Array.from({ length: rank }, () => choices.int(1, 4)),
  ];
  const x = g.take({
    types: HALVES,
    rank: [rank + 2, rank + 2],
    low: -50,
    high: 50,
    test: ({ dims }) => dims[1] % groups === 0 && !dims.includes(0),
    makeDims,
  });
  const own = () => g.take({ types: [x.dtype], dims: [x.dims[1]], low: -4, high: 4 });
  const epsilon = choices.pick(EPSILONS);
  const length = countOf(x.dims.slice(1)) / groups;
  const attributes = {
    num_groups: groups,
    ...(epsilon === 1e-5 ? {} : { epsilon: float32(epsilon) }),
  };
  const most = 4 * Math.sqrt(length) + 4;
  const output = { dtype: x.dtype, dims: x.dims, ...between(-most, most, x), same: false };
  return g.one('GroupNormalization', [x, own(), own()], output, {
    attributes,
    magnitude: deviations(length, epsilon),
  });
}

function lrn(g) {
  const { choices } = g;
  const x = g.take({
    types: HALVES,
    rank: [4, 4],
    low: -50,
    high: 50,
    test: ({ dims }) => !dims.includes(0),
    makeDims: () => [1, choices.int(1, 7), choices.int(1, 4), choices.int(1, 4)],
  });
  const attributes = {
    size: choices.pick([1, 3, 5]),
    ...(choices.chance(50) ? { alpha: float32(0.25), beta: float32(0.5), bias: float32(2) } : {}),
  };
  return g.one(
    'LRN',
    [x],
    { dtype: x.dtype, dims: x.dims, ...between(-50, 50, x) },
    { attributes },
  );
}

function lpNormalization(g) {
  const { choices } = g;
  const x = g.take({ types: [...HALVES, 'float64'], rank: [1, 4], low: -50, high: 50 });
  const axis = choices.below(x.dims.length);
  const attributes = {
    ...(choices.chance(60) ? { p: choices.int(1, 2) } : {}),
    ...(axis === x.dims.length - 1 && choices.chance(50)
      ? {}
      : { axis: g.written(axis, x.dims.length) }),
  };
  return g.one(
    'LpNormalization',
    [x],
    { dtype: x.dtype, dims: x.dims, ...between(-1, 1, x) },
    { attributes },
  );
}

function meanVariance(g) {
  const { choices } = g;
  const makeDims = () => [
    choices.int(2, 3),
    choices.int(1, 4),
    choices.int(2, 4),
    choices.int(2, 4),
  ];
  const x = g.take({ types: ['float32'], dims: makeDims() });
  const axes = choices.chance(50)
    ? undefined
    : choices.pick([
        [0, 2, 3],
        [2, 3],
        [1, 2, 3],
        [0, 1, 2, 3],
      ]);
  const output = { dtype: x.dtype, dims: x.dims, ...between(-12, 12, x) };
  const magnitude = groupDeviations(x.dims, axes ?? [0, 2, 3]);
  return g.one('MeanVarianceNormalization', [x], output, {
    attributes: axes ? { axes } : {},
    magnitude,
  });
}

const distribution = (op, range, want = {}) => ({
  op,
  weight: 2,
  make(g) {
    const x = g.take({
      types: ['float32', 'float64', 'float16'],
      rank: [1, 4],
      low: -1e4,
      high: 1e4,
      ...want,
    });
    const axis = g.choices.below(x.dims.length);
    const last = axis === x.dims.length - 1;
    const attributes = last && g.choices.chance(50) ? {} : { axis: g.written(axis, x.dims.length) };
    return g.one(op, [x], { dtype: x.dtype, dims: x.dims, ...range(x) }, { attributes });
  },
});

function dropout(g) {
  const x = g.take({ types: HALVES, special: true });
  const ratio = g.choices.chance(50) ? g.numbers('float32', [], [0.5]) : null;
  const mask = { dtype: 'bool', dims: x.dims, ...between(0, 1, { same: true }) };
  const outputs = [{ ...moved(x), dtype: x.dtype, dims: x.dims }, mask];
  return g.node('Dropout', [x, ratio], outputs.slice(0, g.choices.int(1, 2)));
}

export default [
  { op: 'LayerNormalization', weight: 3, since: 17, make: layerNormalization },
  { op: 'BatchNormalization', weight: 2, make: batchNormalization },
  { op: 'InstanceNormalization', weight: 2, make: instanceNormalization },
  { op: 'GroupNormalization', weight: 2, since: 21, make: groupNormalization },
  { op: 'LRN', make: lrn },
  { op: 'LpNormalization', make: lpNormalization },
  { op: 'MeanVarianceNormalization', make: meanVariance },
  distribution('Softmax', (x) => ({ ...between(0, 1, x), same: false })),
  distribution('LogSoftmax', (x) => ({ ...between(-2e4, 0, x), same: false })),
  distribution('Hardmax', (x) => ({ low: 0, high: 1, unit: 1, same: true, special: x.special }), {
    same: true,
    types: HALVES,
  }),
  { op: 'Dropout', make: dropout },
];
