// The preprocessing of pictures, shown and editable.
import type { ImageOptions } from 'quantab/samples';
import { byId, el } from './dom';
import { field, FieldError, select } from './fields';

const LABELS = {
  width: 'Width',
  height: 'Height',
  fit: 'Fit',
  channels: 'Channels',
  layout: 'Layout',
  scale: 'Scale',
  mean: 'Mean',
  std: 'Standard deviation',
};
type Name = keyof typeof LABELS;

const HELP: Partial<Record<Name, string>> = {
  scale: '1/255 brings 0…255 to 0…1; 1 leaves it.',
  std: 'value = (pixel × scale − mean) ÷ deviation',
};

const CHOICES: Partial<Record<Name, Record<string, string>>> = {
  fit: { stretch: 'stretch', cover: 'cut the edges', contain: 'pad with black' },
  channels: { RGB: 'RGB', BGR: 'BGR', GRAY: 'grey' },
  layout: { NCHW: 'NCHW', NHWC: 'NHWC' },
};

const idOf = (name: Name): string => `image-${name}`;

const textOf = (value: string | number | readonly number[]): string =>
  typeof value === 'string'
    ? value
    : [value]
        .flat()
        .map((number) => Number(number.toPrecision(8)))
        .join(', ');

export function imageFields(options: ImageOptions): HTMLElement {
  const row = (name: Name) => {
    const id = idOf(name);
    const value = textOf(options[name]);
    const choices = CHOICES[name];
    const control =
      choices === undefined
        ? el('input', { id, type: 'text', inputmode: 'decimal', value })
        : select({ id }, choices, value);
    return field(LABELS[name], control, HELP[name]);
  };
  return el(
    'fieldset',
    { id: 'image-options' },
    el('legend', {}, 'How pictures become inputs'),
    ...(Object.keys(LABELS) as Name[]).map(row),
  );
}

const control = (name: Name) => byId<HTMLInputElement | HTMLSelectElement>(idOf(name));

/** "0.5" or "1/255". */
function numberIn(text: string): number {
  const parts = text.split('/').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (parts.length > 2) return NaN;
  return parts.length === 2 ? parts[0]! / parts[1]! : parts[0]!;
}

function numbers(name: Name): number[] {
  const text = control(name).value;
  const values = text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(numberIn);
  if (values.length === 0 || !values.every(Number.isFinite)) {
    throw new FieldError(
      control(name),
      `'${text}' in '${LABELS[name]}' is no number. Write for instance 0.5 or 1/255.`,
    );
  }
  return values;
}

function oneNumber(name: Name): number {
  const [value, ...more] = numbers(name);
  if (more.length > 0) {
    throw new FieldError(control(name), `'${LABELS[name]}' takes one number.`);
  }
  return value!;
}

/** The fields' values over `defaults` (which give the element type). */
export function readImageFields(defaults: ImageOptions): ImageOptions {
  return {
    ...defaults,
    width: oneNumber('width'),
    height: oneNumber('height'),
    fit: control('fit').value as ImageOptions['fit'],
    channels: control('channels').value as ImageOptions['channels'],
    layout: control('layout').value as ImageOptions['layout'],
    scale: oneNumber('scale'),
    mean: numbers('mean'),
    std: numbers('std'),
  };
}
