// Images in other sizes.
import { countOf } from '../dtypes.mjs';
import { moved, padded, unknown } from '../ranges.mjs';
import { float32 } from '../model.mjs';
import { largest } from '../numbers.mjs';

const SCALES = [1, 2, 0.5, 1.5, 3, 0.75, 0.6, 2.5, 1.25];

/** Coordinate transformations of each mode and operator set. */
function transformations(opset) {
  const all = ['half_pixel', 'asymmetric', 'pytorch_half_pixel', 'align_corners'];
  return [...all, ...(opset >= 19 ? ['half_pixel_symmetric'] : []), 'tf_crop_and_resize'];
}

function resize(g) {
  const { choices, opset } = g;
  const mode = choices.pick(['nearest', 'linear', 'cubic']);
  const rank =
    mode === 'nearest'
      ? choices.int(1, 4)
      : choices.weighted([
          [4, 4],
          [1, 2],
          [mode === 'linear' ? 1 : 0, 3],
        ]);
  const makeDims = () =>
    Array.from({ length: rank }, (_, i) => choices.int(1, rank === 4 && i < 2 ? 3 : 6));
  const types = mode === 'nearest' ? ['float32', 'uint8', 'int32', 'int8'] : ['float32'];
  const test = ({ dims }) => countOf(dims) <= 400 && !dims.includes(0);
  const x = g.take({ types, rank: [rank, rank], test, makeDims });
  if (x.dims.includes(0)) return null;
  const attributes = mode === 'nearest' && choices.chance(30) ? {} : { mode };
  // Only the last two dimensions of images are resized by more than the nearest element.
  const free = x.dims.map((_, i) => mode === 'nearest' || i >= rank - 2);
  const transformation = choices.pick(transformations(opset));
  if (transformation !== 'half_pixel' || choices.chance(30))
    attributes.coordinate_transformation_mode = transformation;
  if (mode === 'nearest' && choices.chance(50))
    attributes.nearest_mode = choices.pick([
      'round_prefer_floor',
      'round_prefer_ceil',
      'floor',
      'ceil',
    ]);
  if (mode === 'cubic' && choices.chance(40)) attributes.cubic_coeff_a = float32(-0.5);
  if (mode === 'cubic' && choices.chance(30)) attributes.exclude_outside = 1;
  const all = x.dims.map((_, axis) => axis);
  const axes =
    opset >= 18 && choices.chance(30)
      ? all.filter((axis) => free[axis] && (rank < 4 || axis >= 1))
      : all;
  if (axes.length === 0) return null;
  if (axes !== all) attributes.axes = axes.map((axis) => g.written(axis, rank));
  if (
    opset >= 18 &&
    mode !== 'nearest' &&
    rank === 4 &&
    choices.chance(20) &&
    transformation !== 'tf_crop_and_resize'
  )
    attributes.antialias = 1;
  const bySize = choices.chance(50);
  const dims = [...x.dims];
  // Elsewhere than at powers of two, which element is the nearest may depend on how the coordinate is rounded.
  const powers = mode === 'nearest' && transformation === 'half_pixel_symmetric';
  const possible = powers ? [1, 2, 0.5] : SCALES;
  const scales = axes.map((axis) => (free[axis] ? choices.pick(possible) : 1));
  axes.forEach((axis, i) => (dims[axis] = Math.max(1, Math.floor(x.dims[axis] * scales[i]))));
  if (!bySize && axes.some((axis, i) => Math.floor(x.dims[axis] * scales[i]) < 1)) return null;
  // What ONNX Runtime takes for no change at all.
  const moves =
    transformation === 'tf_crop_and_resize' || (!bySize && scales.some((scale) => scale !== 1));
  if (moves && String(dims) === String(x.dims)) return null;
  const ratios = axes.map((axis) => dims[axis] / x.dims[axis]);
  if (powers && ratios.some((ratio) => !possible.includes(ratio))) return null;
  if (attributes.antialias && !bySize && scales.some((scale, i) => scale !== 1 && ratios[i] === 1))
    return null;
  const sizes = axes.map((axis) => dims[axis]);
  const changed = (axis) => dims[axis] !== x.dims[axis];
  const roi =
    transformation === 'tf_crop_and_resize'
      ? g.numbers(
          'float32',
          [2 * axes.length],
          [
            ...axes.map((axis) => (changed(axis) ? choices.int(0, 2) / 8 : 0)),
            ...axes.map((axis) => (changed(axis) ? choices.int(6, 9) / 8 : 1)),
          ],
        )
      : null;
  if (roi && choices.chance(50)) attributes.extrapolation_value = float32(1.5);
  const inputs = [
    x,
    roi,
    bySize ? null : g.numbers('float32', [axes.length], scales),
    bySize ? g.numbers('int64', [axes.length], sizes, { stated: true }) : null,
  ];
  const range =
    mode === 'nearest' && !roi
      ? moved(x)
      : {
          ...unknown(x),
          ...(mode === 'linear' ? { low: Math.min(x.low, 0), high: Math.max(x.high, 1.5) } : {}),
          same: false,
        };
  const magnitude = mode === 'nearest' ? undefined : ([numbers]) => 2 * largest(numbers);
  return g.one('Resize', inputs, { ...range, dtype: x.dtype, dims }, { attributes, magnitude });
}

function gridSample(g) {
  const { choices } = g;
  const makeDims = () => [
    choices.int(1, 2),
    choices.int(1, 3),
    choices.int(1, 5),
    choices.int(1, 5),
  ];
  const x = g.take({
    types: ['float32'],
    rank: [4, 4],
    makeDims,
    test: ({ dims }) => countOf(dims) <= 400 && !dims.includes(0),
  });
  if (x.dims.includes(0)) return null;
  const [n, c] = x.dims;
  const [h, w] = [choices.int(1, 4), choices.int(1, 4)];
  const grid = g.take({
    types: ['float32'],
    dims: [n, h, w, 2],
    low: -1.25,
    high: 1.25,
    same: true,
  });
  const linear = g.opset >= 20 ? 'linear' : 'bilinear';
  const mode = choices.pick([linear, 'nearest', g.opset >= 20 ? 'cubic' : 'bicubic']);
  const attributes = {
    ...(mode === linear && choices.chance(50) ? {} : { mode }),
    ...(choices.chance(60)
      ? { padding_mode: choices.pick(['zeros', 'border', 'reflection']) }
      : {}),
    ...(choices.chance(50) ? { align_corners: choices.below(2) } : {}),
  };
  const range = mode === 'nearest' ? padded(x) : { ...unknown(x), same: false };
  const output = { ...range, dtype: 'float32', dims: [n, c, h, w] };
  const magnitude = ([numbers]) => 2 * largest(numbers);
  return g.one('GridSample', [x, grid], output, { attributes, magnitude });
}

export default [
  { op: 'Resize', weight: 4, make: resize },
  { op: 'GridSample', since: 16, make: gridSample },
];
