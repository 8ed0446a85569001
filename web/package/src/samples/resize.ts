// Resizing by separable filters, as Pillow's Image.resize has them.

/** A part of a picture, in pixels; may begin and end between them. */
export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const RESAMPLES = ['nearest', 'box', 'bilinear', 'bicubic', 'lanczos'] as const;
/** A filter, by the name that Pillow has for it: 'nearest', 'box', 'bilinear', 'bicubic' or 'lanczos'. */
export type Resample = (typeof RESAMPLES)[number];

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

interface Filter {
  /** How far from its centre it is not 0, in pixels of the coarser picture. */
  support: number;
  weight(x: number): number;
  /** Whether it gives values beyond those of the pixels. */
  overshoots: boolean;
}

/** https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters; bicubic with a = -0.5, lanczos of three lobes. */
const FILTERS: Readonly<Record<Exclude<Resample, 'nearest'>, Filter>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0), overshoots: false },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)), overshoots: false },
  bicubic: {
    support: 2,
    weight(x) {
      const a = Math.abs(x);
      if (a < 1) return (1.5 * a - 2.5) * a * a + 1;
      return a < 2 ? ((-0.5 * a + 2.5) * a - 4) * a + 2 : 0;
    },
    overshoots: true,
  },
  lanczos: {
    support: 3,
    weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0),
    overshoots: true,
  },
};

/** For each target position, the first source position and the weights of it and its successors. */
interface Taps {
  first: number;
  weights: Float64Array;
}

function nearest(count: number, start: number, step: number, size: number): Taps[] {
  // Summed up as Pillow does: at a border between two pixels the rounding decides.
  let at = start + step * 0.5;
  return Array.from({ length: count }, () => {
    const first = Math.max(0, Math.min(size - 1, Math.floor(at)));
    at += step;
    return { first, weights: Float64Array.of(1) };
  });
}

/**
 * The taps of `count` positions over [start, start + length) of a line of `size` pixels. A filter is widened when shrinking, so
 * that every source pixel counts.
 */
function tapsFor(
  count: number,
  start: number,
  length: number,
  size: number,
  resample: Resample,
): Taps[] {
  const step = length / count;
  if (resample === 'nearest') return nearest(count, start, step, size);
  const { support, weight } = FILTERS[resample];
  const scale = Math.max(1, step);
  return Array.from({ length: count }, (_, i) => {
    const centre = start + (i + 0.5) * step;
    const first = Math.max(0, Math.floor(centre - support * scale + 0.5));
    const end = Math.min(size, Math.floor(centre + support * scale + 0.5));
    const weights = new Float64Array(Math.max(1, end - first));
    let total = 0;
    for (let j = 0; j < weights.length; ++j) {
      weights[j] = weight((first + j + 0.5 - centre) / scale);
      total += weights[j]!;
    }
    if (total === 0) weights.fill(1 / weights.length);
    else for (let j = 0; j < weights.length; ++j) weights[j]! /= total;
    return { first: Math.min(first, size - 1), weights };
  });
}

function clip(values: Float64Array): void {
  for (let i = 0; i < values.length; ++i) values[i] = Math.max(0, Math.min(255, values[i]!));
}

/**
 * `part` of an RGBA picture as width x height x 3 values of 0 to 255. Pillow rounds to whole numbers after each of the two
 * directions and this does not: on its 8-bit pictures it differs by at most 1.2 of 255.
 */
export function resize(
  pixels: { data: ArrayLike<number>; width: number; height: number },
  part: Rect,
  width: number,
  height: number,
  resample: Resample,
): Float64Array {
  const overshoots = resample !== 'nearest' && FILTERS[resample].overshoots;
  const columns = tapsFor(width, part.x, part.width, pixels.width, resample);
  const rows = tapsFor(height, part.y, part.height, pixels.height, resample);
  const firstRow = Math.min(...rows.map((row) => row.first));
  const endRow = Math.max(...rows.map((row) => row.first + row.weights.length));
  const narrow = new Float64Array((endRow - firstRow) * width * 3);
  for (let y = firstRow; y < endRow; ++y) {
    columns.forEach(({ first, weights }, x) => {
      for (let c = 0; c < 3; ++c) {
        let sum = 0;
        for (let j = 0; j < weights.length; ++j) {
          sum += weights[j]! * pixels.data[(y * pixels.width + first + j) * 4 + c]!;
        }
        narrow[((y - firstRow) * width + x) * 3 + c] = sum;
      }
    });
  }
  if (overshoots) clip(narrow);
  const out = new Float64Array(width * height * 3);
  rows.forEach(({ first, weights }, y) => {
    for (let i = 0; i < width * 3; ++i) {
      let sum = 0;
      for (let j = 0; j < weights.length; ++j) {
        sum += weights[j]! * narrow[(first + j - firstRow) * width * 3 + i]!;
      }
      out[y * width * 3 + i] = sum;
    }
  });
  if (overshoots) clip(out);
  return out;
}
