// What the comparison must let pass, and what it must not.
import { judge, leader } from './compare.mjs';
import { floatOfHalf } from './half.mjs';
import { jittered } from './jitter.mjs';

const float = (dims, ...data) => ({ dtype: 'float32', dims, data: Float32Array.from(data) });
const half = (dims, ...data) => ({ dtype: 'float16', dims, data: Uint16Array.from(data) });
const index = (...data) => ({
  dtype: 'int64',
  dims: [data.length],
  data: BigInt64Array.from(data, BigInt),
});
const text = (...data) => ({ dtype: 'string', dims: [data.length], data });

const base = float([4], 1, -2, 0.5, 0);
const row = Array.from({ length: 16 }, (_, i) => i + 1);
const [one, two] = [0x3c00, 0x4000];

/** [what, expected, actual, whether it passes if one element may be off by 0.02, all by 0.01]. */
const CASES = [
  ['the same', base, float([4], 1, -2, 0.5, 0), true],
  ['a little off', base, float([4], 1.01, -2, 0.5, 0), true],
  ['too far off', base, float([4], 1.03, -2, 0.5, 0), false],
  ['one of many too far off', float([16], ...row), float([16], ...row.with(3, 4.03)), false],
  ['a little off everywhere', base, float([4], 1.015, -2.015, 0.515, 0.015), false],
  ['another shape', base, float([2, 2], 1, -2, 0.5, 0), false],
  ['too few elements', base, float([4], 1, -2, 0.5), false],
  ['another type', base, { ...base, dtype: 'float64' }, false],
  ['NaN for a number', base, float([4], NaN, -2, 0.5, 0), false],
  ['a number for NaN', float([2], NaN, 1), float([2], 0, 1), false],
  ['NaN for NaN', float([2], NaN, 1), float([2], NaN, 1), true],
  ['infinity of the other sign', float([1], Infinity), float([1], -Infinity), false],
  ['the same infinity', float([2], -Infinity, 1), float([2], -Infinity, 1), true],
  ['zeros of both signs', float([1], 0), float([1], -0), true],
  ['nothing at all', float([0]), float([0]), true],
  ['halves', half([2], one, two), half([2], one + 8, two), true],
  ['halves too far off', half([2], one, two), half([2], one + 32, two), false],
  ['the same indices', index(3, 2 ** 40), index(3, 2 ** 40), true],
  ['another index', index(3, 2 ** 40), index(3, 2 ** 40 + 1), false],
  ['the same texts', text('a', ''), text('a', ''), true],
  ['another text', text('a', ''), text('a', 'b'), false],
];

/** Throws when the comparison lets pass what it should not, or the other way round. */
export function checkComparison() {
  const size = 2;
  const allowed = { most: size / 100, rms: size / 200, size };
  const test = (expected, actual) => judge(expected, actual, { y: allowed, z: allowed });
  const passes = (expected, actual) => test(expected, actual).wrong === '';
  const wrong = CASES.filter(([, a, b, good]) => passes({ y: a }, { y: b }) !== good);
  if (passes({ y: base }, {})) wrong.push(['a missing output']);
  if (passes({ y: base }, { y: base, z: base })) wrong.push(['an output too many']);
  if (!(test({ y: base }, { y: CASES[1][2] }).share > 0.4)) wrong.push(['the share']);
  const loose = { y: { most: 9, rms: 9, size: 9 } };
  const numbers = { dtype: 'int32', dims: [1], data: Int32Array.of(7) };
  if (judge({ y: numbers }, { y: { ...numbers, data: Int32Array.of(8) } }, loose).wrong === '') {
    wrong.push(['an integer by a little']);
  }
  if (leader(base) !== 0 || leader(float([3], -3, -1, -2)) !== 1) wrong.push(['the leader']);
  if (floatOfHalf(one) !== 1 || floatOfHalf(0xc200) !== -3) wrong.push(['half precision']);
  if (!Number.isNaN(floatOfHalf(0x7e00)) || floatOfHalf(1) !== 2 ** -24) wrong.push(['its ends']);
  wrong.push(...movesConstants());
  if (wrong.length > 0) {
    throw new Error(`The comparison itself is wrong: ${wrong.map(([what]) => what).join(', ')}.`);
  }
}

/** A model that is nothing but one initializer of a hundred elements, half of them whole numbers. */
function movesConstants() {
  const data = Float32Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? i : i / 7 + 0.01));
  const raw = Buffer.from(data.buffer);
  const field = (number, content) => [
    number * 8 + 2,
    (content.length % 128) | 128,
    content.length >> 7,
    ...content,
  ];
  const tensor = [2 * 8, 1, ...field(9, raw)];
  const model = Buffer.from(field(7, field(5, tensor)));
  const moved = jittered(model, 1);
  const at = model.length - raw.length;
  let count = 0;
  for (let i = 0; i < data.length; ++i) {
    const value = moved.readFloatLE(at + 4 * i);
    if (value === data[i]) continue;
    ++count;
    if (i % 2 === 0 || Math.abs(value / data[i] - 1) > 2 ** -20) return [['a moved constant']];
  }
  const rest = moved.subarray(0, at).equals(model.subarray(0, at));
  return rest && count > 30 && count < 50 ? [] : [['the moved constants']];
}
