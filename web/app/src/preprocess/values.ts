// What a field of a setting holds, read and written.
import { FieldError } from '../fields';
import type { Spec } from './specs';

export type Control = HTMLInputElement | HTMLSelectElement;

/** "0.5" or "1/255". */
function numberIn(text: string): number {
  const parts = text.split('/').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (parts.length > 2) return NaN;
  return parts.length === 2 ? parts[0]! / parts[1]! : parts[0]!;
}

function numbersIn(control: Control, label: string): number[] {
  const text = control.value;
  const values = text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(numberIn);
  if (values.length === 0 || !values.every(Number.isFinite)) {
    throw new FieldError(
      control,
      `'${text}' in '${label}' is no number. Write for instance 0.5 or 1/255.`,
    );
  }
  return values;
}

function oneNumber(control: Control, label: string): number {
  const [value, ...more] = numbersIn(control, label);
  if (more.length > 0) throw new FieldError(control, `'${label}' takes one number.`);
  return value!;
}

function jsonIn(control: Control, label: string): unknown {
  try {
    return JSON.parse(control.value) as unknown;
  } catch {
    throw new FieldError(
      control,
      `'${control.value}' in '${label}' is neither a number nor a list. Write for instance 0 or [0, 1].`,
    );
  }
}

/** The value in a control; undefined when it is empty. Throws a FieldError. */
export function readControl(control: Control, { type, label, optional }: Spec): unknown {
  if (type === 'flag') return (control as HTMLInputElement).checked;
  if (type === 'choice') return control.value;
  if (control.value.trim() === '' && optional) return undefined;
  switch (type) {
    case 'number':
      return oneNumber(control, label);
    case 'numbers':
      return numbersIn(control, label);
    case 'json':
      return jsonIn(control, label);
    case 'texts':
      return control.value
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean);
    default:
      return control.value.trim();
  }
}

/** A part that has a long decimal, such as 1/255, as a fraction. */
function short(value: number): string {
  const decimal = String(Number(value.toPrecision(8)));
  const parts = Math.round(1 / value);
  const isPart = parts > 1 && Math.abs(value * parts - 1) < 1e-12;
  return isPart && decimal.length > 6 ? `1/${parts}` : decimal;
}

function textOf(value: unknown, { type }: Spec): string {
  if (value === undefined) return '';
  if (type === 'json') return JSON.stringify(value);
  return [value as string | number | (string | number)[]]
    .flat()
    .map((each) => (typeof each === 'number' ? short(each) : each))
    .join(', ');
}

/** Choices where a setting says nothing. */
const DEFAULTS: Record<string, string> = { resample: 'bilinear', place: 'centre' };

/** Puts a value into a control. */
export function writeControl(control: Control, value: unknown, spec: Spec): void {
  if (spec.type === 'flag') (control as HTMLInputElement).checked = value === true;
  else if (spec.type !== 'choice') control.value = textOf(value, spec);
  else control.value = typeof value === 'string' ? value : (DEFAULTS[spec.key] ?? '');
}
