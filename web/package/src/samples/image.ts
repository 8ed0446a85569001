// Pixels to a model's input: resize, reorder, scale, normalise, lay out.
import { QuantabError } from '../core/error.js';
import { Tensor } from '../core/tensor.js';
import type { ValueInfo } from '../core/types.js';

/** RGBA, 8 bits each, row by row: ImageData is one. */
export interface Pixels {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}

export interface ImageOptions {
  width: number;
  height: number;
  /** 'stretch' ignores the picture's proportions; 'cover' cuts its edges; 'contain' pads with black. */
  fit: 'stretch' | 'cover' | 'contain';
  channels: 'RGB' | 'BGR' | 'GRAY';
  layout: 'NCHW' | 'NHWC';
  /** value = (pixel * scale - mean[channel]) / std[channel], where pixel is 0 to 255. */
  scale: number;
  mean: number[];
  std: number[];
  dtype: 'float32' | 'uint8' | 'int8';
}

/** Where dimensions are symbols. */
const DEFAULT_SIDE = 224;

/**
 * Options for a graph input that takes a picture, from its shape; undefined when it takes none. A float input of three
 * channels gets ImageNet's mean and deviation, one of one channel values from 0 to 1; an integer one gets plain pixels.
 */
export function imageOptionsFor(input: ValueInfo): ImageOptions | undefined {
  const dtype = (['float32', 'uint8', 'int8'] as const).find((name) => name === input.dtype);
  if (dtype === undefined || input.shape.length !== 4) return undefined;
  const dim = (axis: number): number | undefined => {
    const value = Number(input.shape[axis]);
    return Number.isInteger(value) && value > 0 ? value : undefined;
  };
  const isChannels = (count: number | undefined) => count === 1 || count === 3;
  const layout = isChannels(dim(1)) ? 'NCHW' : isChannels(dim(3)) ? 'NHWC' : undefined;
  if (layout === undefined) return undefined;
  const [channelAxis, rowAxis] = layout === 'NCHW' ? [1, 2] : [3, 1];
  const gray = dim(channelAxis) === 1;
  const normalised = dtype === 'float32' && !gray;
  return {
    width: dim(rowAxis + 1) ?? DEFAULT_SIDE,
    height: dim(rowAxis) ?? DEFAULT_SIDE,
    fit: 'stretch',
    channels: gray ? 'GRAY' : 'RGB',
    layout,
    scale: dtype === 'float32' ? 1 / 255 : 1,
    mean: normalised ? [0.485, 0.456, 0.406] : [0],
    std: normalised ? [0.229, 0.224, 0.225] : [1],
    dtype,
  };
}

interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** For each target position, the first source position and the weights of it and its successors. */
interface Taps {
  first: number;
  weights: Float64Array;
}

/**
 * A triangle filter, widened when shrinking so that every source pixel counts (the bilinear filter of Pillow's
 * Image.resize): `count` positions over [start, start + length) of a line of `size` pixels.
 */
function tapsFor(count: number, start: number, length: number, size: number): Taps[] {
  const step = length / count;
  const reach = Math.max(1, step);
  return Array.from({ length: count }, (_, i) => {
    const centre = start + (i + 0.5) * step;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(size, Math.floor(centre + reach + 0.5));
    const weights = new Float64Array(Math.max(1, end - first));
    let total = 0;
    for (let j = 0; j < weights.length; ++j) {
      const weight = Math.max(0, 1 - Math.abs((first + j + 0.5 - centre) / reach));
      weights[j] = weight;
      total += weight;
    }
    if (total === 0) weights.fill(1 / weights.length);
    else for (let j = 0; j < weights.length; ++j) weights[j]! /= total;
    return { first: Math.min(first, size - 1), weights };
  });
}

/** `part` of the picture as width x height x 3 values of 0 to 255. */
function resize(pixels: Pixels, part: Rect, width: number, height: number): Float64Array {
  const columns = tapsFor(width, part.x, part.width, pixels.width);
  const rows = tapsFor(height, part.y, part.height, pixels.height);
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
  return out;
}

/** What is taken of the picture, and where it goes. */
function frame({ width, height }: Pixels, options: ImageOptions): { from: Rect; to: Rect } {
  const whole = { x: 0, y: 0, width, height };
  const target = { x: 0, y: 0, width: options.width, height: options.height };
  if (options.fit === 'stretch') return { from: whole, to: target };
  const ratios = [options.width / width, options.height / height];
  if (options.fit === 'cover') {
    const ratio = Math.max(...ratios);
    const [w, h] = [options.width / ratio, options.height / ratio];
    return { from: { x: (width - w) / 2, y: (height - h) / 2, width: w, height: h }, to: target };
  }
  const ratio = Math.min(...ratios);
  const w = Math.max(1, Math.round(width * ratio));
  const h = Math.max(1, Math.round(height * ratio));
  const to = { x: (options.width - w) >> 1, y: (options.height - h) >> 1, width: w, height: h };
  return { from: whole, to };
}

function check(pixels: Pixels, { width, height, mean, std, channels }: ImageOptions): void {
  const fail = (message: string): never => {
    throw new QuantabError('InvalidArgument', message);
  };
  const side = (value: number) => Number.isInteger(value) && value > 0;
  if (!side(pixels.width) || !side(pixels.height)) fail('The picture is empty.');
  if (pixels.data.length !== pixels.width * pixels.height * 4) {
    fail(
      `The picture has ${pixels.data.length} values, expected ${pixels.width * pixels.height * 4} (RGBA).`,
    );
  }
  if (!side(width) || !side(height)) fail(`The target size ${width} x ${height} is not possible.`);
  const count = channels === 'GRAY' ? 1 : 3;
  for (const [name, values] of [
    ['mean', mean],
    ['std', std],
  ] as const) {
    if (values.length !== 1 && values.length !== count) {
      fail(`${name} has ${values.length} values, expected 1 or ${count}.`);
    }
  }
  if (std.some((value) => value === 0)) fail('std must not be 0.');
}

/** Grey of a colour (ITU-R BT.601). */
const luma = (r: number, g: number, b: number): number => 0.299 * r + 0.587 * g + 0.114 * b;

/** A batch of one: [1, C, H, W] or [1, H, W, C]. */
export function imageToTensor(
  pixels: Pixels,
  options: ImageOptions,
): Tensor<'float32' | 'uint8' | 'int8'> {
  check(pixels, options);
  const { width, height, channels, layout, scale, mean, std, dtype } = options;
  const count = channels === 'GRAY' ? 1 : 3;
  const { from, to } = frame(pixels, options);
  const resized = resize(pixels, from, to.width, to.height);
  const size = count * width * height;
  const data =
    dtype === 'float32'
      ? new Float32Array(size)
      : dtype === 'uint8'
        ? new Uint8ClampedArray(size)
        : new Int8Array(size);
  const sourceChannel = channels === 'BGR' ? [2, 1, 0] : [0, 1, 2];
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      const [row, column] = [y - to.y, x - to.x];
      const inside = row >= 0 && row < to.height && column >= 0 && column < to.width;
      const at = (row * to.width + column) * 3;
      for (let c = 0; c < count; ++c) {
        let pixel = 0;
        if (inside) {
          pixel =
            count === 1
              ? luma(resized[at]!, resized[at + 1]!, resized[at + 2]!)
              : resized[at + sourceChannel[c]!]!;
        }
        const value =
          (pixel * scale - mean[mean.length === 1 ? 0 : c]!) / std[std.length === 1 ? 0 : c]!;
        const index =
          layout === 'NCHW' ? (c * height + y) * width + x : (y * width + x) * count + c;
        data[index] = dtype === 'int8' ? Math.max(-128, Math.min(127, Math.round(value))) : value;
      }
    }
  }
  const dims = layout === 'NCHW' ? [1, count, height, width] : [1, height, width, count];
  if (data instanceof Uint8ClampedArray)
    return new Tensor('uint8', dims, new Uint8Array(data.buffer));
  return new Tensor(dtype as 'float32', dims, data as Float32Array);
}
