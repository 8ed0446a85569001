// The geometry of convolutions and pooling.

const floorOf = (size, kernel, stride) => Math.floor((size - kernel) / stride) + 1;

/** Windows that begin beyond the elements and the padding before them are left out. */
function ceilOf(dim, begin, end, kernel, stride) {
  const count = Math.ceil((dim + begin + end - kernel) / stride) + 1;
  return (count - 1) * stride >= dim + begin ? count - 1 : count;
}

/** Whether a window holds none of `dim` elements, only padding before or after them. */
function hollow(dim, begin, count, kernel, stride, dilation) {
  for (let at = 0; at < count; at++) {
    const first = at * stride - begin;
    const inside = Array.from({ length: kernel }, (_, i) => first + i * dilation);
    if (!inside.some((place) => place >= 0 && place < dim)) return true;
  }
  return false;
}

/** The dimensions of images: one to three of them, small enough that their product is. */
export function space(g, rank) {
  const most = [12, 7, 4][rank - 1];
  return Array.from({ length: rank }, () => g.choices.int(1, most));
}

/**
 * Attributes for windows over `dims`, and how many windows there are along each: { attributes, kernel, out, padded, dims }, or null
 * when none fits. `dims(batch, depth)` is the whole shape; undefined where ONNX Runtime's shape inference counts one window too many,
 * as nothing can follow then. Options: dilate, ceil (may round up), padWithin (padding is less than the kernel).
 */
export function windows(g, dims, { dilate = true, ceil = false, padWithin = false, kernel } = {}) {
  const { choices } = g;
  const each = (make) => dims.map(make);
  const sizes =
    kernel ??
    each(() =>
      choices.weighted([
        [3, 1],
        [4, 2],
        [5, 3],
        [1, 4],
      ]),
    );
  const strides = each(() =>
    choices.weighted([
      [6, 1],
      [3, 2],
      [1, 3],
    ]),
  );
  const auto = choices.weighted([
    [8, 'NOTSET'],
    [1, 'VALID'],
    [1, 'SAME_UPPER'],
    [1, 'SAME_LOWER'],
  ]);
  const dilates = dilate && !auto.startsWith('SAME');
  const dilations = each(() =>
    dilates
      ? choices.weighted([
          [8, 1],
          [2, 2],
          [1, 3],
        ])
      : 1,
  );
  const reach = sizes.map((size, i) => dilations[i] * (size - 1) + 1);
  const attributes = {};
  if (strides.some((stride) => stride !== 1) || choices.chance(30)) attributes.strides = strides;
  if (dilations.some((dilation) => dilation !== 1)) attributes.dilations = dilations;
  let out;
  let padded = false;
  let lost = false;
  if (auto === 'NOTSET') {
    const pad = (_, i) => choices.int(0, padWithin ? Math.min(2, sizes[i] - 1) : 2);
    const [begins, ends] = choices.chance(60)
      ? [each(pad), each(pad)]
      : [each(() => 0), each(() => 0)];
    padded = [...begins, ...ends].some((size) => size > 0);
    if (padded || choices.chance(30)) attributes.pads = [...begins, ...ends];
    const up = ceil && choices.chance(30);
    if (up) {
      attributes.ceil_mode = 1;
      padded = true;
    }
    out = each((dim, i) =>
      up
        ? ceilOf(dim, begins[i], ends[i], reach[i], strides[i])
        : floorOf(dim + begins[i] + ends[i], reach[i], strides[i]),
    );
    lost =
      up &&
      dims.some(
        (dim, i) => out[i] !== Math.ceil((dim + begins[i] + ends[i] - reach[i]) / strides[i]) + 1,
      );
    if (dims.some((dim, i) => dim + begins[i] + ends[i] < reach[i])) return null;
    if (
      padWithin &&
      dims.some((dim, i) => hollow(dim, begins[i], out[i], sizes[i], strides[i], dilations[i]))
    )
      return null;
  } else {
    attributes.auto_pad = auto;
    padded = auto !== 'VALID';
    out = each((dim, i) =>
      padded ? Math.ceil(dim / strides[i]) : floorOf(dim, reach[i], strides[i]),
    );
  }
  if (out.some((size) => size < 1)) return null;
  // ONNX Runtime would pad by less than nothing.
  if (auto.startsWith('SAME') && strides.some((stride, i) => stride > sizes[i])) return null;
  const dimsOf = (batch, depth) => (lost ? undefined : [batch, depth, ...out]);
  return { attributes, kernel: sizes, out, padded, dims: dimsOf };
}
