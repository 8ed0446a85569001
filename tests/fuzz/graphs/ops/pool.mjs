// Pooling.
import { countOf, HALVES } from '../dtypes.mjs';
import { accumulated, between, joined, moved, padded, unknown } from '../ranges.mjs';
import { image } from './conv.mjs';
import { windows } from './window.mjs';

/** Whether an average over so many elements is exact on a grid, and the grid's unit. */
function average(x, count, whole) {
  const { unit, same, sums } = accumulated(count, x);
  const power = whole && (count & (count - 1)) === 0;
  return {
    low: Math.min(0, x.low),
    high: Math.max(0, x.high),
    unit: power ? unit / count : 0,
    same,
    sums,
  };
}

function maxPool(g) {
  const x = image(g, { types: ['float32', 'uint8', 'int8', 'float64'], special: false });
  if (!x) return null;
  const [batch, depth, ...dims] = x.dims;
  const window = windows(g, dims, { ceil: true, padWithin: true });
  if (!window) return null;
  const outDims = window.dims(batch, depth);
  const attributes = { ...window.attributes, kernel_shape: window.kernel };
  const output = { ...moved(x), dtype: x.dtype, dims: outDims };
  if (!x.same || !g.choices.chance(25)) return g.one('MaxPool', [x], output, { attributes });
  if (g.choices.chance(40)) attributes.storage_order = g.choices.below(2);
  const places = { dtype: 'int64', dims: outDims, ...between(0, countOf(x.dims), x) };
  return g.node('MaxPool', [x], [output, places], { attributes });
}

function averagePool(g) {
  const x = image(g, { types: HALVES });
  if (!x) return null;
  const [batch, depth, ...dims] = x.dims;
  const window = windows(g, dims, { ceil: true, padWithin: true, dilate: g.opset >= 19 });
  if (!window) return null;
  const include = g.choices.weighted([
    [2, undefined],
    [1, 0],
    [1, 1],
  ]);
  const attributes = {
    ...window.attributes,
    kernel_shape: window.kernel,
    ...(include === undefined ? {} : { count_include_pad: include }),
  };
  const range = average(x, countOf(window.kernel), !window.padded);
  const output = { ...range, dtype: x.dtype, dims: window.dims(batch, depth) };
  return g.one('AveragePool', [x], output, { attributes });
}

function lpPool(g) {
  const x = image(g, { types: HALVES, low: -20, high: 20 });
  if (!x) return null;
  const [batch, depth, ...dims] = x.dims;
  const newer = g.opset >= 18;
  const window = windows(g, dims, { ceil: newer, padWithin: true, dilate: newer });
  if (!window) return null;
  const p = g.choices.int(1, 3);
  const attributes = {
    ...window.attributes,
    kernel_shape: window.kernel,
    ...(p === 2 ? {} : { p }),
  };
  const range = between(0, 20 * countOf(window.kernel), x);
  return g.one(
    'LpPool',
    [x],
    { ...range, dtype: x.dtype, dims: window.dims(batch, depth) },
    { attributes },
  );
}

const global = (op, range) => ({
  op,
  make(g) {
    const x = image(g, { types: HALVES, low: -100, high: 100 });
    if (!x) return null;
    const [batch, depth, ...dims] = x.dims;
    const output = {
      ...range(x, countOf(dims)),
      dtype: x.dtype,
      dims: [batch, depth, ...dims.map(() => 1)],
    };
    const attributes =
      op === 'GlobalLpPool' && g.choices.chance(50) ? { p: g.choices.int(1, 3) } : {};
    return g.one(op, [x], output, { attributes });
  },
});

/** The boxes of regions, each within an image that is told beside it. */
function roiAlign(g) {
  const { choices } = g;
  const x = image(g, { types: ['float32'] }, 2);
  if (!x) return null;
  const [batch, depth, height, width] = x.dims;
  const count = choices.int(1, 3);
  const boxes = Array.from({ length: count }, () => {
    const [left, top] = [choices.int(0, 4 * (width - 1)) / 4, choices.int(0, 4 * (height - 1)) / 4];
    return [left, top, left + choices.int(1, 8) / 4, top + choices.int(1, 8) / 4];
  });
  const rois = g.numbers('float32', [count, 4], boxes.flat());
  const which = g.numbers(
    'int64',
    [count],
    boxes.map(() => choices.below(batch)),
  );
  // Powers of two, so that how coordinates are rounded does not decide which side of an edge they are on.
  const [h, w] = [choices.pick([1, 2, 4]), choices.pick([1, 2, 4])];
  const attributes = {
    output_height: h,
    output_width: w,
    ...(choices.chance(60) ? { sampling_ratio: choices.int(0, 2) } : {}),
    ...(choices.chance(50) ? { mode: choices.pick(['avg', 'max']) } : {}),
  };
  if (g.opset >= 16 && choices.chance(50))
    attributes.coordinate_transformation_mode = choices.pick(['half_pixel', 'output_half_pixel']);
  const output = {
    ...unknown(joined([x])),
    ...padded(x),
    same: false,
    dtype: 'float32',
    dims: [count, depth, h, w],
  };
  return g.one('RoiAlign', [x, rois, which], output, { attributes });
}

export default [
  { op: 'MaxPool', weight: 3, make: maxPool },
  { op: 'AveragePool', weight: 3, make: averagePool },
  { op: 'LpPool', make: lpPool },
  global('GlobalAveragePool', (x, count) => average(x, count, true)),
  global('GlobalMaxPool', moved),
  global('GlobalLpPool', (x, count) => between(0, 100 * count, x)),
  { op: 'RoiAlign', make: roiAlign },
];
