// Conversions between element types.
import { codeOf, digitsOf, isFloat, limitsOf } from '../dtypes.mjs';
import { moved } from '../ranges.mjs';

const TYPES = [
  'float32',
  'int64',
  'int32',
  'bool',
  'uint8',
  'int8',
  'float16',
  'float64',
  'int16',
  'uint16',
  'uint32',
  'uint64',
];

/** What a value must be so that its conversion is prescribed. */
function wanted(to, from) {
  if (to === 'bool') return { same: true };
  if (!isFloat(to) && isFloat(from)) {
    // Fractions are cut off; what the target does not have is not prescribed.
    return { same: true, low: Math.max(-100, limitsOf(to).low), high: 100 };
  }
  return { special: isFloat(to), wide: true };
}

function cast(g) {
  const to = g.type(TYPES);
  const from = g.type(TYPES);
  const x = g.take({ types: [from], ...wanted(to, from) });
  const whole = isFloat(from) && !isFloat(to);
  const digits = digitsOf(to);
  const narrowed = digits !== undefined && (digitsOf(from) ?? 64) > digits;
  const range = {
    ...moved(x),
    low: to === 'bool' ? 0 : whole ? Math.ceil(x.low) : x.low,
    high: to === 'bool' ? 1 : whole ? Math.floor(x.high) : x.high,
    unit: whole ? 1 : x.unit,
    rounded: !narrowed,
  };
  const output = { ...range, dtype: to, dims: x.dims };
  // To a half, rounded once from what is the same on both sides.
  if (to === 'float16' && x.same && from === 'float32') output.same = x.unit > 0;
  return g.one('Cast', [x], output, { attributes: { to: codeOf(to) } });
}

export default [{ op: 'Cast', weight: 5, make: cast }];
