// Form fields for the quantizers' options, made from the core's own description of them.
import { description } from 'quantab';
import { applyConflicts, followCompanions } from './conflict_fields';
import { el } from './dom';
import { field, FieldError, select } from './fields';

export type Method = 'dynamic' | 'static' | 'nbits' | 'bnb4' | 'float16';

/** Those that change weights alone; what they leave in float can become half precision. */
export const isWeightOnly = (method: Method): boolean => method === 'nbits' || method === 'bnb4';

/** Those that quantize nodes, of which each can stay in float. */
export const quantizesNodes = (method: Method): boolean => method !== 'float16';
type OptionInfo = (typeof description.commands)[number]['options'][number];

/** Shown at once; the others are behind "More options". */
const FIRST = [
  ...['quant_format', 'weight_type', 'activation_type', 'calibrate_method', 'per_channel'],
  ...['reduce_range', 'keep_io_types', 'bits', 'is_symmetric', 'quant_type'],
];

const optionsOf = (method: Method): OptionInfo[] =>
  description.commands
    .find(({ name }) => name === method)!
    .options.filter(
      ({ quantizer, name, type }) => quantizer && type !== 'path' && name !== 'extra_options',
    );

const camel = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const titleOf = ({ name }: OptionInfo): string => {
  const words = name
    .replaceAll('_', ' ')
    .replace('qdq', 'QDQ')
    .replace('matmul', 'MatMul')
    .replace('is symmetric', 'symmetric')
    .replace('rtol', 'relative tolerance')
    .replace('atol', 'absolute tolerance');
  return words[0]!.toUpperCase() + words.slice(1);
};

/** What a field holds when nobody has touched it. */
function defaultOf({ name, default: value }: OptionInfo, method: Method, config = 'none') {
  const own = description.configurations[config]?.[name];
  if (method !== 'static' || own !== undefined) return own ?? value;
  // Signed weights and unsigned activations run fastest and safest on the web.
  return name === 'activation_type' ? 'QUInt8' : value;
}

function control(option: OptionInfo, method: Method): HTMLElement {
  const id = `option-${option.name}`;
  const common = { id, name: camel(option.name), 'data-type': option.type };
  if (option.type === 'choice') {
    const preferred = defaultOf(option, method);
    const choices = Object.fromEntries(option.choices.map((choice) => [choice, choice]));
    return select(common, choices, String(preferred));
  }
  if (option.type === 'bool' && option.default === null) {
    return select(common, { '': 'automatic', true: 'yes', false: 'no' }, '');
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
  if (option.type === 'json') {
    return el('input', { ...common, type: 'text', placeholder: '{"name": …}' });
  }
  return el('input', { ...common, type: 'text', value: String(option.default ?? '') });
}

const row = (option: OptionInfo, method: Method): HTMLElement =>
  field(titleOf(option), control(option, method), option.help);

/** Fields that hold what they held under one configuration take what they hold under another. */
function follow(fields: HTMLElement, from: string, to: string): void {
  for (const option of optionsOf('static')) {
    const [before, after] = [from, to].map((config) => defaultOf(option, 'static', config));
    if (before === after) continue;
    const input = fields.querySelector<HTMLInputElement>(`#option-${option.name}`)!;
    if (input.type === 'checkbox') {
      if (input.checked === (before === true)) input.checked = after === true;
    } else if (input.value === String(before ?? '')) {
      input.value = String(after ?? '');
    }
  }
}

/** All fields of a method that need no samples, in an element of their own. */
export function optionFields(method: Method): HTMLElement {
  const options = optionsOf(method).filter(({ withSamples }) => !withSamples);
  const names = isWeightOnly(method) ? [...FIRST, 'block_size'] : FIRST;
  const first = names.flatMap((name) => options.filter((option) => option.name === name));
  const rest = options.filter((option) => !first.includes(option));
  const fields = el(
    'div',
    {},
    ...first.map((option) => row(option, method)),
    isWeightOnly(method) &&
      field(
        'Half precision for the rest',
        el('input', { type: 'checkbox', id: 'half-after' }),
        'What stays in float becomes float16 afterwards, but for inputs and outputs.',
      ),
    el(
      'details',
      {},
      el('summary', {}, 'More options'),
      ...rest.map((option) => row(option, method)),
      field(
        'Pre-process first',
        el('input', { type: 'checkbox', id: 'pre-process' }),
        'Infer shapes, fold constants and fuse operators (quant_pre_process).',
      ),
      field(
        'Weights in a second file',
        el('input', { type: 'checkbox', id: 'external-data' }),
        'As external data beside the model. A model over 2 GiB always gets one.',
      ),
    ),
  );
  const config = fields.querySelector<HTMLSelectElement>('#option-config');
  config?.addEventListener('change', () => {
    follow(fields, config.dataset['followed'] ?? 'none', config.value);
    config.dataset['followed'] = config.value;
  });
  followCompanions(fields);
  fields.addEventListener('input', () => applyConflicts(fields, method));
  fields.addEventListener('change', () => applyConflicts(fields, method));
  applyConflicts(fields, method);
  return fields;
}

/** As a field shows a value. */
const shown = (type: OptionInfo['type'], value: unknown): string => {
  if (value === undefined || value === null) return '';
  if (type === 'list') return (value as string[]).join(', ');
  if (type === 'json') return Object.keys(value).length > 0 ? JSON.stringify(value) : '';
  return String(value);
};

/** Puts values into the fields of a method, as readOptions() gives them; those that are not named are at their defaults. */
export function writeOptions(
  fields: HTMLElement,
  method: Method,
  values: Readonly<Record<string, unknown>>,
): void {
  const config = String(values['config'] ?? 'none');
  for (const option of optionsOf(method)) {
    const input = fields.querySelector<HTMLInputElement>(`#option-${option.name}`);
    if (input === null) continue;
    const value = values[camel(option.name)] ?? defaultOf(option, method, config);
    if (option.name === 'config') input.dataset['followed'] = config;
    if (input.type === 'checkbox') input.checked = value === true;
    else input.value = shown(option.type, value);
  }
  applyConflicts(fields, method);
}

/** The fields of a method that count only with samples. */
export const sampleOptionFields = (method: Method): HTMLElement[] =>
  optionsOf(method)
    .filter(({ withSamples }) => withSamples)
    .map((option) => row(option, method));

function objectIn(input: HTMLInputElement): unknown {
  try {
    const value: unknown = JSON.parse(input.value);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // As for what is no object.
  }
  const label = input.labels?.[0]?.textContent ?? input.name;
  throw new FieldError(input, `'${label}' must be a JSON object, such as {"name": 1}.`);
}

function valueOf(input: HTMLInputElement): unknown {
  const { type } = input.dataset;
  // A browser gives out what it cannot read as a number as if the field were empty.
  if (input.validity.badInput) {
    const label = input.labels?.[0]?.textContent ?? input.name;
    throw new FieldError(
      input,
      `'${label}' holds something that is no number. Write for instance 0.01.`,
    );
  }
  if (input.type === 'checkbox') return input.checked;
  if (input.value.trim() === '') return undefined;
  if (type === 'bool') return input.value === 'true';
  if (type === 'number') return Number(input.value);
  if (type === 'json') return objectIn(input);
  if (type !== 'list') return input.value;
  const items = input.value.split(',').map((item) => item.trim());
  return items.filter(Boolean);
}

/** The fields' values as the package takes them; what was left empty, or counts for nothing, is left out. */
export function readOptions(fields: HTMLElement): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const input of fields.querySelectorAll<HTMLInputElement>('[data-type]:enabled')) {
    const value = valueOf(input);
    if (value !== undefined) values[input.name] = value;
  }
  return values;
}

const textOf = (value: unknown): string => {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

/** "Per channel: yes" for each option that is not at its default. */
export function changedOptions(method: Method, values: Record<string, unknown>): string[] {
  return optionsOf(method).flatMap((option) => {
    const value = values[camel(option.name)];
    const isDefault = JSON.stringify(value) === JSON.stringify(option.default);
    return value === undefined || isDefault ? [] : [`${titleOf(option)}: ${textOf(value)}`];
  });
}
