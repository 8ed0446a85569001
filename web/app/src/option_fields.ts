// Form fields for the quantizers' options, made from the core's own description of them.
import { description } from 'quantab';
import { el } from './dom';

export type Method = 'dynamic' | 'static';
type OptionInfo = (typeof description.commands)[number]['options'][number];

/** Shown at once; the others are behind "More options". */
const FIRST = ['weight_type', 'activation_type', 'per_channel', 'reduce_range'];

const optionsOf = (method: Method): OptionInfo[] =>
  description.commands
    .find(({ name }) => name === method)!
    .options.filter(({ quantizer, type }) => quantizer && type !== 'path')
    .filter(({ name }) => name !== 'use_external_data_format');

const camel = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const title = (name: string): string => {
  const words = name.replaceAll('_', ' ').replace('qdq', 'QDQ').replace('matmul', 'MatMul');
  return words[0]!.toUpperCase() + words.slice(1);
};

function control(option: OptionInfo, id: string, method: Method): HTMLElement {
  const common = { id, name: camel(option.name), 'data-type': option.type };
  if (option.type === 'choice') {
    // Signed weights and unsigned activations run fastest and safest on the web.
    const preferred =
      method === 'static' && option.name === 'activation_type' ? 'QUInt8' : option.default;
    return el(
      'select',
      common,
      ...(option.choices as readonly string[]).map((choice) =>
        el('option', { value: choice, selected: choice === preferred }, choice),
      ),
    );
  }
  if (option.type === 'bool' && option.default === null) {
    return el(
      'select',
      common,
      el('option', { value: '' }, 'automatic'),
      el('option', { value: 'true' }, 'yes'),
      el('option', { value: 'false' }, 'no'),
    );
  }
  if (option.type === 'bool') {
    return el('input', { ...common, type: 'checkbox', checked: option.default === true });
  }
  if (option.type === 'number') {
    const value = option.default === null ? '' : String(option.default);
    return el('input', { ...common, type: 'number', step: 'any', value });
  }
  if (option.type === 'list') {
    return el('input', { ...common, type: 'text', placeholder: 'separated by commas' });
  }
  return el('input', { ...common, type: 'text', value: String(option.default ?? '') });
}

function field(option: OptionInfo, method: Method): HTMLElement {
  const id = `option-${option.name}`;
  const input = control(option, id, method);
  input.setAttribute('aria-describedby', `${id}-help`);
  return el(
    'div',
    { class: 'field' },
    el('label', { for: id }, title(option.name)),
    input,
    el('p', { class: 'help', id: `${id}-help` }, option.help),
  );
}

export function optionFields(method: Method): HTMLElement[] {
  const options = optionsOf(method);
  const first = FIRST.flatMap((name) => options.filter((option) => option.name === name));
  const rest = options.filter((option) => !first.includes(option));
  return [
    ...first.map((option) => field(option, method)),
    el(
      'details',
      { id: 'more-options' },
      el('summary', {}, 'More options'),
      ...rest.map((option) => field(option, method)),
    ),
  ];
}

/** The fields' values as the package takes them; what was left at its default or empty is left out. */
export function readOptions(form: HTMLFormElement): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const input of form.querySelectorAll<HTMLInputElement>('[data-type]')) {
    const { name, value } = input;
    const type = input.dataset['type'];
    if (type === 'bool' && input.type === 'checkbox') values[name] = input.checked;
    else if (value === '') continue;
    else if (type === 'bool') values[name] = value === 'true';
    else if (type === 'number') values[name] = Number(value);
    else if (type === 'list') {
      values[name] = value
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean);
    } else values[name] = value;
  }
  return values;
}
