// What pixels become, by a name for settings that go together.
import { IMAGE_PRESETS, type ImagePreset, type ImageSettings } from 'quantab/samples';

export const PRESETS: Record<ImagePreset, string> = {
  raw: '0…255',
  unit: '0…1',
  signed: '−1…1',
  imagenet: 'ImageNet (torchvision)',
  clip: 'CLIP',
  caffe: 'Caffe (BGR less its mean)',
};
export const OWN = 'own';

type Values = Pick<ImageSettings, 'scale' | 'mean' | 'std'> &
  Partial<Pick<ImageSettings, 'channels'>>;

/** Whether lists say the same, of which one that holds one number says it for every channel. */
function alike(a: readonly number[], b: readonly number[]): boolean {
  const length = Math.max(a.length, b.length);
  const at = (list: readonly number[], i: number) => list[list.length === 1 ? 0 : i] ?? NaN;
  return Array.from({ length }).every((_, i) => Math.abs(at(a, i) - at(b, i)) < 1e-6);
}

const valuesOf = (name: ImagePreset): Values => {
  const { mean, std, ...others } = IMAGE_PRESETS[name];
  return { ...others, mean: [...mean], std: [...std] };
};

const names = Object.keys(PRESETS) as ImagePreset[];

/** The presets that fit as many channels. */
export const presetsFor = ({ channels }: ImageSettings): ImagePreset[] =>
  names.filter((name) => channels !== 'GRAY' || IMAGE_PRESETS[name].mean.length === 1);

/** The preset that settings agree with. */
export function presetOf(settings: ImageSettings): ImagePreset | typeof OWN {
  const found = presetsFor(settings).find((name) => {
    const { scale, mean, std, channels } = valuesOf(name);
    return (
      alike([scale], [settings.scale]) &&
      alike(mean, settings.mean) &&
      alike(std, settings.std) &&
      (channels === undefined || channels === settings.channels)
    );
  });
  return found ?? OWN;
}

/** The settings of a preset, for an input that has these now. */
export function presetSettings(name: ImagePreset, { channels }: ImageSettings): Values {
  const values = valuesOf(name);
  if (values.channels === undefined && channels === 'BGR') values.channels = 'RGB';
  return values;
}
