// Whether, and how closely, half precision is held to the samples.
import { el } from './dom';
import { field } from './fields';
import { readOptions, sampleOptionFields, writeOptions } from './option_fields';

export interface MixedFields {
  element: HTMLElement;
  /** They are shown where half precision is chosen and there are samples. */
  show(shown: boolean): void;
  /** The options of the search, or undefined where none is wanted. Throws when a field is wrong. */
  options(): Record<string, unknown> | undefined;
  /** Whether it is wanted, and with which options: those that are not named are at their defaults. */
  set(wanted: boolean, options: Readonly<Record<string, unknown>>): void;
}

export function mixedFields(): MixedFields {
  const wanted = el('input', { type: 'checkbox', id: 'mixed-precision' });
  const tolerance = el('div', { hidden: true }, ...sampleOptionFields('float16'));
  const follow = () => (tolerance.hidden = !wanted.checked);
  wanted.addEventListener('change', follow);
  const element = el(
    'div',
    { hidden: true },
    field(
      'Keep in float32 what float16 would break',
      wanted,
      'Runs the model on your samples: nodes whose numbers are too large for float16, or that move an output beyond the tolerance, stay as they are.',
    ),
    tolerance,
  );
  return {
    element,
    show: (shown) => (element.hidden = !shown),
    options: () => (element.hidden || !wanted.checked ? undefined : readOptions(tolerance)),
    set(value, options) {
      wanted.checked = value;
      follow();
      writeOptions(tolerance, 'float16', options);
    },
  };
}
