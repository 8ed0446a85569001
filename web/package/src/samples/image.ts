// Pixels to a model's input: resize, reorder, scale, normalise, lay out.
import { QuantabError } from '../core/error.js';
import type { Tensor } from '../core/tensor.js';
import type { ValueInfo } from '../core/types.js';
import { tensorOf } from './element.js';
import { resize, type Rect, type Resample } from './resize.js';

/** RGBA, 8 bits each, row by row: ImageData is one. */
export interface Pixels {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}

export const FITS = ['stretch', 'cover', 'contain', 'crop'] as const;
export const PLACES = ['centre', 'start'] as const;
/** Types of inputs that take pictures. */
export const IMAGE_DTYPES = ['float32', 'float16', 'uint8', 'int8'] as const;

/** How a picture becomes a tensor. */
export interface ImageOptions {
  /** Of the tensor, in pixels. */
  width: number;
  height: number;
  /**
   * 'stretch' ignores the picture's proportions; 'cover' cuts its edges; 'contain' pads; 'crop' takes the middle as it is, without
   * resizing, and pads what is too small.
   */
  fit: (typeof FITS)[number];
  /**
   * With 'cover': the picture's shorter side becomes this long, in pixels, before the middle is cut out, as in torchvision's
   * Resize and CenterCrop. By default no more is cut off than is needed.
   */
  shortestEdge?: number | undefined;
  /** The filter; 'bilinear' by default. */
  resample?: Resample | undefined;
  /** What pads, from 0 (black, by default) to 255. */
  fill?: number | undefined;
  /** Where a padded picture is put: in the middle, by default, or at the top left. */
  place?: (typeof PLACES)[number] | undefined;
  /** Their order; grey is made of colours by ITU-R BT.601. */
  channels: 'RGB' | 'BGR' | 'GRAY';
  /** Channels before rows, or after columns. */
  layout: 'NCHW' | 'NHWC';
  /** value = (pixel * scale - mean[channel]) / std[channel], where pixel is 0 to 255. */
  scale: number;
  /** One for each channel, or one for all. */
  mean: number[];
  std: number[];
  /** Of the tensor's elements; values are rounded to whole numbers for integers. */
  dtype: (typeof IMAGE_DTYPES)[number];
}

/** Where dimensions are symbols. */
const DEFAULT_SIDE = 224;

/**
 * Options for a graph input that takes a picture, from its shape; undefined when it takes none. A float input of three
 * channels gets ImageNet's mean and deviation, one of one channel values from 0 to 1; an integer one gets plain pixels.
 */
export function imageOptionsFor(input: ValueInfo): ImageOptions | undefined {
  const dtype = IMAGE_DTYPES.find((name) => name === input.dtype);
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
  const isFloat = dtype === 'float32' || dtype === 'float16';
  const normalised = isFloat && !gray;
  return {
    width: dim(rowAxis + 1) ?? DEFAULT_SIDE,
    height: dim(rowAxis) ?? DEFAULT_SIDE,
    fit: 'stretch',
    channels: gray ? 'GRAY' : 'RGB',
    layout,
    scale: isFloat ? 1 / 255 : 1,
    mean: normalised ? [0.485, 0.456, 0.406] : [0],
    std: normalised ? [0.229, 0.224, 0.225] : [1],
    dtype,
  };
}

/** Along one direction: what is taken of a line of pixels, and where in the target it goes. */
interface Span {
  from: [start: number, length: number];
  to: [start: number, length: number];
}

/** The middle of a line of `size` pixels that is resized to `scaled`, in a target of `target`. */
function middle(size: number, scaled: number, target: number, place: string): Span {
  if (scaled >= target) {
    const start = Math.floor((scaled - target) / 2);
    return { from: [(start * size) / scaled, (target * size) / scaled], to: [0, target] };
  }
  const start = place === 'start' ? 0 : (target - scaled) >> 1;
  return { from: [0, size], to: [start, scaled] };
}

/** The sides of the whole picture once it is resized, before anything is cut off. */
function scaledSides({ width, height }: Pixels, options: ImageOptions): [number, number] {
  const ratios = [options.width / width, options.height / height];
  switch (options.fit) {
    case 'stretch':
      return [options.width, options.height];
    case 'crop':
      return [width, height];
    case 'contain': {
      const ratio = Math.min(...ratios);
      const side = (length: number) => Math.max(1, Math.round(length * ratio));
      return [side(width), side(height)];
    }
    case 'cover': {
      const { shortestEdge } = options;
      if (shortestEdge === undefined) {
        const ratio = Math.max(...ratios);
        return [width * ratio, height * ratio];
      }
      const long = (other: number, short: number) => Math.floor((shortestEdge * other) / short);
      return width <= height
        ? [shortestEdge, long(height, width)]
        : [long(width, height), shortestEdge];
    }
  }
}

/** What is taken of the picture, and where it goes. */
function frame(pixels: Pixels, options: ImageOptions): { from: Rect; to: Rect } {
  const { width, height, place = 'centre' } = options;
  const [w, h] = scaledSides(pixels, options);
  let [x, y] = [middle(pixels.width, w, width, place), middle(pixels.height, h, height, place)];
  if (options.fit === 'cover' && options.shortestEdge === undefined) {
    const exact = (size: number, scaled: number, target: number): Span => {
      const length = (target * size) / scaled;
      return { from: [(size - length) / 2, length], to: [0, target] };
    };
    [x, y] = [exact(pixels.width, w, width), exact(pixels.height, h, height)];
  }
  const rect = (side: 'from' | 'to') => ({
    x: x[side][0],
    y: y[side][0],
    width: x[side][1],
    height: y[side][1],
  });
  return { from: rect('from'), to: rect('to') };
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

/** A batch of one: [1, C, H, W] or [1, H, W, C]. Throws a QuantabError for options that are not possible. */
export function imageToTensor(pixels: Pixels, options: ImageOptions): Tensor {
  check(pixels, options);
  const { width, height, channels, layout, scale, mean, std, dtype, fill = 0 } = options;
  const count = channels === 'GRAY' ? 1 : 3;
  const { from, to } = frame(pixels, options);
  const resized = resize(pixels, from, to.width, to.height, options.resample ?? 'bilinear');
  const data = new Float64Array(count * width * height);
  const sourceChannel = channels === 'BGR' ? [2, 1, 0] : [0, 1, 2];
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      const [row, column] = [y - to.y, x - to.x];
      const inside = row >= 0 && row < to.height && column >= 0 && column < to.width;
      const at = (row * to.width + column) * 3;
      for (let c = 0; c < count; ++c) {
        let pixel = fill;
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
        data[index] = value;
      }
    }
  }
  const dims = layout === 'NCHW' ? [1, count, height, width] : [1, height, width, count];
  return tensorOf(dtype, dims, data, 'The picture', true);
}
