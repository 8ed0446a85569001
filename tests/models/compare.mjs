// How far one set of outputs is from another.
import { floatOfHalf } from './half.mjs';

const INEXACT = new Set(['float32', 'float64', 'float16']);

/** The elements as numbers; integers of 64 bits, and texts, as they are. */
const elements = ({ dtype, data }) =>
  dtype === 'float16' ? Float64Array.from(data, floatOfHalf) : data;

const form = ({ dtype, dims }) => `${dtype} [${dims}]`;

function largest(values) {
  let most = 0;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return most;
}

/**
 * Two tensors: { wrong }, which says what no figure can (another type or shape, the place of a NaN or an infinity, another integer
 * or text), or { most, rms, size }: the largest difference, the root of the mean of their squares, and the largest magnitude of the
 * expected one. Elements that are not floating-point numbers must be equal.
 */
export function measure(expected, actual) {
  if (actual === undefined) return { wrong: 'it is missing' };
  if (form(expected) !== form(actual)) return { wrong: `${form(actual)}, not ${form(expected)}` };
  const [a, b] = [elements(expected), elements(actual)];
  if (a.length !== b.length) return { wrong: `${b.length} elements, not ${a.length}` };
  const exact = !INEXACT.has(expected.dtype);
  let most = 0;
  let squares = 0;
  for (let i = 0; i < a.length; ++i) {
    if (a[i] === b[i] || (Number.isNaN(a[i]) && Number.isNaN(b[i]))) continue;
    if (exact || !Number.isFinite(a[i]) || !Number.isFinite(b[i])) {
      return { wrong: `element ${i} is ${b[i]}, not ${a[i]}` };
    }
    const off = Math.abs(a[i] - b[i]);
    most = Math.max(most, off);
    squares += off * off;
  }
  const size = exact ? 0 : largest(a);
  return { most, rms: Math.sqrt(squares / Math.max(1, a.length)), size };
}

/** The place of the largest element. */
export function leader(tensor) {
  const values = elements(tensor);
  let best = 0;
  for (let i = 1; i < values.length; ++i) if (values[i] > values[best]) best = i;
  return best;
}

const namesOf = (outputs) => `'${Object.keys(outputs).sort().join("', '")}'`;

/**
 * Outputs, as tensors by name, against those expected: { wrong, share }. `wrong` is what is wrong, '' for nothing. Differences may
 * be as large as `allowed` says by name: { most, rms, size }, where size, the largest magnitude, is for the message. `share` is the
 * largest share of what is allowed that was used.
 */
export function judge(expected, actual, allowed) {
  if (namesOf(expected) !== namesOf(actual)) {
    return { wrong: `outputs ${namesOf(actual)}, not ${namesOf(expected)}` };
  }
  let share = 0;
  for (const [name, tensor] of Object.entries(expected)) {
    const found = measure(tensor, actual[name]);
    if (found.wrong) return { wrong: `'${name}': ${found.wrong}` };
    for (const figure of ['most', 'rms']) {
      const [is, may] = [found[figure], allowed[name][figure]];
      if (is > may) {
        const text = (value) => (value / allowed[name].size).toExponential(1);
        const how = figure === 'most' ? '' : ' on average';
        return { wrong: `'${name}' is off by ${text(is)}${how}, allowed ${text(may)}` };
      }
      if (is > 0) share = Math.max(share, is / may);
    }
  }
  return { wrong: '', share };
}
