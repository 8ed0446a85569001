// Convolutions.
import { largest } from '../numbers.mjs';
import { countOf, HALVES } from '../dtypes.mjs';
import { accumulated, sumOf } from '../ranges.mjs';
import { space, windows } from './window.mjs';

/** What the error of a product's sums is relative to. */
export const sumSize = (terms) => (inputs) =>
  terms * largest(inputs[0]) * largest(inputs[1]) + (inputs[2] ? largest(inputs[2]) : 0);

/** [batch, channels, ...space] */
export function image(
  g,
  want,
  rank = g.choices.weighted([
    [1, 1],
    [5, 2],
    [1, 3],
  ]),
) {
  const makeDims = () => [g.choices.int(1, 2), g.choices.int(1, 6), ...space(g, rank)];
  const test = ({ dims }) => !dims.includes(0) && countOf(dims) <= 2000;
  const value = g.take({ ...want, rank: [rank + 2, rank + 2], test, makeDims });
  return value.dims.includes(0) ? null : value;
}

function conv(g) {
  const { choices } = g;
  const x = image(g, { types: HALVES });
  if (!x) return null;
  const [batch, depth, ...dims] = x.dims;
  const window = windows(g, dims);
  if (!window) return null;
  const group = choices.weighted([
    [4, 1],
    [2, depth],
    [1, depth % 2 === 0 ? 2 : 1],
  ]);
  const outDepth =
    group *
    choices.weighted([
      [6, choices.int(1, 4)],
      [1, 8],
      [1, 17],
    ]);
  const weights = g.take({ types: [x.dtype], dims: [outDepth, depth / group, ...window.kernel] });
  const bias = choices.chance(50) ? g.take({ types: [x.dtype], dims: [outDepth] }) : null;
  const terms = countOf(weights.dims.slice(1));
  const product = accumulated(terms, x, weights);
  const range = bias
    ? { ...sumOf(product, bias), sums: product.sums + Math.max(-bias.low, bias.high) }
    : product;
  const attributes = {
    ...window.attributes,
    ...(group === 1 ? {} : { group }),
    ...(choices.chance(50) ? { kernel_shape: window.kernel } : {}),
  };
  const output = { ...range, dtype: x.dtype, dims: [batch, outDepth, ...window.out] };
  return g.one('Conv', [x, weights, bias], output, { attributes, magnitude: sumSize(terms) });
}

/** Conv and what limits its results, which run as one. */
function clampedConv(g) {
  const y = conv(g);
  if (!y) return null;
  const output = { dtype: y.dtype, dims: y.dims, same: y.same, unit: y.unit, rounded: true };
  if (g.choices.chance(50))
    return g.one('Relu', [y], { ...output, low: 0, high: Math.max(0, y.high) });
  const low = g.numbers(y.dtype, [], [g.choices.int(-4, 0) / 2]);
  const high = g.numbers(y.dtype, [], [g.choices.int(1, 12) / 2]);
  const unit = Math.min(y.unit, 0.5);
  return g.one('Clip', [y, low, high], { ...output, unit, low: low.low, high: high.high });
}

function convTranspose(g) {
  const { choices } = g;
  const x = image(g, { types: HALVES });
  if (!x) return null;
  const [batch, depth, ...dims] = x.dims;
  const each = (make) => dims.map(make);
  const kernel = each(() => choices.int(1, 3));
  const strides = each(() =>
    choices.weighted([
      [3, 1],
      [3, 2],
      [1, 3],
    ]),
  );
  const dilations = each(() =>
    choices.weighted([
      [5, 1],
      [1, 2],
    ]),
  );
  const reach = kernel.map((size, i) => dilations[i] * (size - 1) + 1);
  const group = choices.weighted([
    [4, 1],
    [1, depth],
    [1, depth % 2 === 0 ? 2 : 1],
  ]);
  const perGroup = choices.int(1, 4);
  const attributes = { strides, dilations, ...(group === 1 ? {} : { group }) };
  const full = dims.map((dim, i) => strides[i] * (dim - 1) + reach[i]);
  const how = choices.weighted([
    [5, 'pads'],
    [1, 'SAME_UPPER'],
    [1, 'SAME_LOWER'],
    [1, 'VALID'],
    [1, 'output_shape'],
  ]);
  let out = full;
  // With output_shape, shape inference of ONNX Runtime loses the rank: what comes after may be refused.
  const lost = how === 'output_shape';
  if (how === 'pads') {
    const extra = each((_, i) => choices.int(0, strides[i] - 1));
    if (extra.some((size) => size > 0)) attributes.output_padding = extra;
    const pads = [...dims, ...dims].map(() => choices.int(0, 1));
    attributes.pads = pads;
    out = full.map((size, i) => size + extra[i] - pads[i] - pads[i + dims.length]);
  } else if (how === 'output_shape') {
    out = full.map((size) => Math.max(1, size - choices.int(0, 1)));
    attributes.output_shape = out;
  } else {
    attributes.auto_pad = how;
    if (how !== 'VALID') out = dims.map((dim, i) => dim * strides[i]);
    if (out.some((size, i) => size > full[i])) return null;
  }
  if (out.some((size) => size < 1)) return null;
  const weights = g.take({ types: [x.dtype], dims: [depth, perGroup, ...kernel] });
  const bias = choices.chance(50) ? g.take({ types: [x.dtype], dims: [perGroup * group] }) : null;
  const terms = (depth / group) * countOf(kernel);
  const product = accumulated(terms, x, weights);
  const range = bias
    ? { ...sumOf(product, bias), sums: product.sums + Math.max(-bias.low, bias.high) }
    : product;
  const outDims = lost ? undefined : [batch, perGroup * group, ...out];
  const output = { ...range, dtype: x.dtype, dims: outDims };
  return g.one('ConvTranspose', [x, weights, bias], output, {
    attributes,
    magnitude: sumSize(terms),
  });
}

export default [
  { op: 'Conv', weight: 5, make: conv },
  { op: 'Conv and Clip', weight: 3, make: clampedConv },
  { op: 'ConvTranspose', weight: 3, make: convTranspose },
];
