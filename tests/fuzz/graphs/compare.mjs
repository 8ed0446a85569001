// Whether two runtimes' outputs agree.
//
// Types and shapes are equal. So are the elements of what both must have the same bits of (`same` in ranges.mjs), but that zeros may
// have either sign; NaN equals NaN. A quantized value (`step`) may be one step off. Other floats may differ by TOLERANCE roundings of
// their type, relative to the element and to the largest one of its tensor, or of the smallest number there is: functions such as exp are approximated, and sums taken in
// another order. Where errors grow on the way, as they do when large terms cancel, that is too narrow: then what an element may
// differ by is measured, see probe.mjs.
import { decode, isFloat, leastOf, roundingOf } from './dtypes.mjs';
import { largest } from './numbers.mjs';

/** Roundings: sixteen units in the last place, over an element and the largest. */
const TOLERANCE = 16;
/** How many times as far as it moved when it was probed an element may be off. */
const PROBED = 8;

const equal = (a, b) => a === b || (Number.isNaN(a) && Number.isNaN(b));

/** Elements that differ by more than they may: { at, expected, actual }. */
function differing(expected, actual, { same, step }) {
  const whole = !isFloat(expected.dtype);
  // Big integers are compared as they are.
  const [a, b] = whole ? [expected.data, actual.data] : [decode(expected), decode(actual)];
  const rounding = whole || same ? 0 : TOLERANCE * roundingOf(expected.dtype);
  const most = rounding === 0 ? 0 : largest(a);
  const allowed = (value) => {
    if (whole) return step ? 1 : 0;
    return rounding * (Math.abs(value) + most) + (same ? 0 : TOLERANCE * leastOf(expected.dtype));
  };
  const found = [];
  for (let at = 0; at < a.length; at++) {
    if (equal(a[at], b[at])) continue;
    const distance = Math.abs(Number(a[at]) - Number(b[at]));
    if (!(distance <= allowed(Number(a[at]))) || distance === Infinity)
      found.push({ at, expected: Number(a[at]), actual: Number(b[at]) });
  }
  return found;
}

const shapeOf = ({ dtype, dims }) => `${dtype}[${dims}]`;

/** What two sets of outputs differ in: { name, what, elements }. */
export function differences(expected, actual, known) {
  const found = [];
  for (const [name, tensor] of Object.entries(expected)) {
    const other = actual[name];
    if (!other) found.push({ name, what: 'missing' });
    else if (shapeOf(tensor) !== shapeOf(other))
      found.push({ name, what: `${shapeOf(tensor)} against ${shapeOf(other)}` });
    else {
      const elements = differing(tensor, other, known.get(name));
      if (elements.length > 0) found.push({ name, what: 'elements', elements, tensor });
    }
  }
  return found;
}

/** Those differences that are larger than what elements moved by in the probes' outputs. */
export function beyondProbes(found, probes) {
  return found.flatMap((difference) => {
    const { name, elements, tensor } = difference;
    if (!elements) return [difference];
    const moved = probes.map((outputs) => decode(outputs[name]));
    const centre = decode(tensor);
    const left = elements.filter(({ at, expected, actual }) => {
      const most = Math.max(...moved.map((numbers) => Math.abs(numbers[at] - centre[at])));
      return !(Math.abs(actual - expected) <= PROBED * most);
    });
    return left.length > 0 ? [{ ...difference, elements: left }] : [];
  });
}
