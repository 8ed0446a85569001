// The preprocessing of pictures, shown and editable.
import type { ImageOptions } from 'quantab/samples';
import { el } from './dom';

const FITS = { stretch: 'stretch', cover: 'cut the edges', contain: 'pad with black' };

function select(id: string, label: string, value: string, choices: Record<string, string>) {
  return el(
    'div',
    { class: 'field' },
    el('label', { for: id }, label),
    el(
      'select',
      { id },
      ...Object.entries(choices).map(([key, text]) =>
        el('option', { value: key, selected: key === value }, text),
      ),
    ),
  );
}

function input(id: string, label: string, value: string, help?: string) {
  return el(
    'div',
    { class: 'field' },
    el('label', { for: id }, label),
    el('input', {
      id,
      type: 'text',
      inputmode: 'decimal',
      value,
      'aria-describedby': help === undefined ? undefined : `${id}-help`,
    }),
    help !== undefined && el('p', { class: 'help', id: `${id}-help` }, help),
  );
}

const list = (values: readonly number[]) =>
  values.map((value) => Number(value.toPrecision(8))).join(', ');

export function imageFields(options: ImageOptions): HTMLElement {
  return el(
    'fieldset',
    { id: 'image-options' },
    el('legend', {}, 'How pictures become inputs'),
    input('image-width', 'Width', String(options.width)),
    input('image-height', 'Height', String(options.height)),
    select('image-fit', 'Fit', options.fit, FITS),
    select('image-channels', 'Channels', options.channels, {
      RGB: 'RGB',
      BGR: 'BGR',
      GRAY: 'grey',
    }),
    select('image-layout', 'Layout', options.layout, { NCHW: 'NCHW', NHWC: 'NHWC' }),
    input('image-scale', 'Scale', String(options.scale), '1/255 brings 0…255 to 0…1; 1 leaves it.'),
    input('image-mean', 'Mean', list(options.mean)),
    input(
      'image-std',
      'Standard deviation',
      list(options.std),
      'value = (pixel × scale − mean) ÷ deviation',
    ),
  );
}

function numbers(id: string, text: string): number[] {
  const values = text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((part) => {
      const [over, under] = part.split('/').map(Number);
      return under === undefined ? over! : over! / under;
    });
  if (values.length === 0 || values.some((value) => !Number.isFinite(value))) {
    throw new Error(
      `'${text}' in '${id.replace('image-', '')}' is no number. Write for instance 0.5 or 1/255.`,
    );
  }
  return values;
}

/** The fields' values over `defaults` (which give the element type). */
export function readImageFields(defaults: ImageOptions): ImageOptions {
  const value = (id: string) =>
    (document.getElementById(id) as HTMLInputElement | HTMLSelectElement).value;
  const all = (id: string) => numbers(id, value(id));
  return {
    ...defaults,
    width: all('image-width')[0]!,
    height: all('image-height')[0]!,
    fit: value('image-fit') as ImageOptions['fit'],
    channels: value('image-channels') as ImageOptions['channels'],
    layout: value('image-layout') as ImageOptions['layout'],
    scale: all('image-scale')[0]!,
    mean: all('image-mean'),
    std: all('image-std'),
  };
}
