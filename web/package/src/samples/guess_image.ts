// Settings of pictures from a preprocessor_config.json, by the names that Hugging Face's image processors have for them.
// https://huggingface.co/docs/transformers/main_classes/image_processor
import type { ValueInfo } from '../core/types.js';
import {
  flagIn,
  isAudioConfig,
  numberIn,
  numbersIn,
  objectIn,
  wholeIn,
  type Json,
} from './configs.js';
import { imageOptionsFor, type ImageOptions } from './image.js';
import type { Resample } from './resize.js';
import type { ImageSettings } from './settings.js';
import { fixedDim } from './shape.js';

/** PIL.Image.Resampling by number; 5 (Hamming) has no filter here. */
const RESAMPLE: Readonly<Record<number, Resample>> = {
  0: 'nearest',
  1: 'lanczos',
  2: 'bilinear',
  3: 'bicubic',
  4: 'box',
};

/** ConvNext's: below this side the picture is made larger by `crop_pct` and its middle cut out. */
const LEAST_UNCROPPED = 384;

interface Sides {
  width?: number | undefined;
  height?: number | undefined;
}

/** "size" or "crop_size": a number, or an object of sides. */
function sidesIn(config: Json, key: string): Sides & { shortest?: number; longest?: number } {
  const side = wholeIn(config, key);
  if (side !== undefined) return { width: side, height: side };
  const size = objectIn(config, key) ?? {};
  const shortest = wholeIn(size, 'shortest_edge');
  const longest = wholeIn(size, 'longest_edge');
  return {
    width: wholeIn(size, 'width'),
    height: wholeIn(size, 'height'),
    ...(shortest === undefined ? {} : { shortest }),
    ...(longest === undefined ? {} : { longest }),
  };
}

type Framing = Pick<ImageOptions, 'fit'> & Sides & { shortestEdge?: number | undefined };

/** How the picture is resized and cut, and to which sides. */
function framingOf(config: Json): Framing {
  const size = sidesIn(config, 'size');
  const crops = flagIn(config, 'do_center_crop') ?? false;
  const crop = crops ? sidesIn(config, 'crop_size') : {};
  const sides = { width: crop.width ?? size.width, height: crop.height ?? size.height };
  if (flagIn(config, 'do_resize') === false) return { fit: 'crop', ...sides };
  const share = numberIn(config, 'crop_pct');
  const side = size.shortest ?? size.width;
  if (share !== undefined && share > 0 && side !== undefined) {
    const square = { width: side, height: side };
    if (side >= LEAST_UNCROPPED) return { fit: 'stretch', ...square };
    return { fit: 'cover', ...square, shortestEdge: Math.floor(side / share) };
  }
  // An integer size with a crop is that of the shorter side.
  const shortest = size.shortest ?? (typeof config.size === 'number' ? size.width : undefined);
  if (crops && shortest !== undefined) return { fit: 'cover', ...sides, shortestEdge: shortest };
  if (size.shortest !== undefined) {
    return { fit: 'cover', width: size.shortest, height: size.shortest };
  }
  if (size.longest !== undefined || flagIn(config, 'do_pad')) {
    return {
      fit: 'contain',
      width: sides.width ?? size.longest,
      height: sides.height ?? size.longest,
    };
  }
  return { fit: 'stretch', ...sides };
}

/** What values the pixels become; of inputs that take real numbers only. */
function valuesOf(config: Json, channels: number): Pick<ImageOptions, 'scale' | 'mean' | 'std'> {
  const rescales = flagIn(config, 'do_rescale') ?? true;
  const normalizes = flagIn(config, 'do_normalize') ?? true;
  const figures = (key: string, otherwise: number): number[] => {
    const values = normalizes ? numbersIn(config, key) : undefined;
    return values?.length === channels || values?.length === 1 ? values : [otherwise];
  };
  return {
    scale: rescales ? (numberIn(config, 'rescale_factor') ?? 1 / 255) : 1,
    mean: figures('image_mean', 0),
    std: figures('image_std', 1),
  };
}

/** Settings for an input that takes a picture; undefined when it takes none. Sides that its shape fixes count most. */
export function guessImage(input: ValueInfo, config: Json | undefined): ImageSettings | undefined {
  const options = imageOptionsFor(input);
  if (options === undefined) return undefined;
  if (config === undefined || isAudioConfig(config)) return { kind: 'image', ...options };
  const framing = framingOf(config);
  const rowAxis = options.layout === 'NCHW' ? 2 : 1;
  const isReal = options.dtype === 'float32' || options.dtype === 'float16';
  return {
    kind: 'image',
    ...options,
    ...framing,
    height: fixedDim(input, rowAxis) ?? framing.height ?? options.height,
    width: fixedDim(input, rowAxis + 1) ?? framing.width ?? options.width,
    resample: RESAMPLE[numberIn(config, 'resample') ?? 2] ?? 'bilinear',
    ...(isReal ? valuesOf(config, options.channels === 'GRAY' ? 1 : 3) : {}),
  };
}
