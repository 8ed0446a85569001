// What pixels become for families of models, by name.
import type { ImageOptions } from './image.js';

/** Settings that go together. */
interface Values {
  scale: number;
  mean: readonly number[];
  std: readonly number[];
  channels?: ImageOptions['channels'];
}

/** Of pictures in colour. */
export const IMAGE_PRESETS = {
  /** Pixels as they are. */
  raw: { scale: 1, mean: [0], std: [1] },
  /** From 0 to 1. */
  unit: { scale: 1 / 255, mean: [0], std: [1] },
  /** From -1 to 1: Inception, MobileNet of TensorFlow, many vision transformers. */
  signed: { scale: 1 / 255, mean: [0.5], std: [0.5] },
  /** torchvision's models. https://pytorch.org/vision/stable/models.html */
  imagenet: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  /** CLIP and what is trained from it. https://github.com/openai/CLIP */
  clip: {
    scale: 1 / 255,
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
  },
  /** Caffe's models: blue, green, red, less their means. */
  caffe: { scale: 1, mean: [103.939, 116.779, 123.68], std: [1], channels: 'BGR' },
} as const satisfies Record<string, Values>;

/** The name of one of IMAGE_PRESETS. */
export type ImagePreset = keyof typeof IMAGE_PRESETS;

/** The settings of a preset, as lists of their own. */
export function imagePreset(name: ImagePreset): Partial<ImageOptions> {
  const values: Values = IMAGE_PRESETS[name];
  return { ...values, mean: [...values.mean], std: [...values.std] };
}
