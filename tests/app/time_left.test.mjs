// How long a stage will still take.
import { expect, test } from '@jest/globals';
import { importSource } from './source.mjs';

const { TimeLeft } = await importSource('time_left.ts');

/** What is said at each of [milliseconds, stage, done, total]. */
function said(...steps) {
  let now = 0;
  const left = new TimeLeft(() => now);
  return steps.map(([time, ...state]) => {
    now = time;
    return left.update(...state);
  });
}

test('is said once a stage has run a while and has a while to go', () => {
  expect(
    said(
      [0, 'calibrate', 0, 100],
      [1000, 'calibrate', 10, 100],
      [2000, 'calibrate', 10, 100],
      [4000, 'calibrate', 50, 100],
      [8000, 'calibrate', 90, 100],
    ),
  ).toEqual(['', '', 'about 20 s left', 'about 4 s left', '']);
});

test('is in units that people use', () => {
  const at = (seconds) => said([0, 'write', 0, seconds], [2000, 'write', 2, seconds + 2])[1];
  expect(at(7)).toBe('about 7 s left');
  expect(at(41)).toBe('about 45 s left');
  expect(at(170)).toBe('about 3 min left');
  expect(at(7200)).toBe('about 2 h left');
});

test('begins anew with a stage, and with another pass of one', () => {
  const [, first, other, again, , unknown] = said(
    [0, 'calibrate', 0, 100],
    [10_000, 'calibrate', 50, 100],
    [10_100, 'compare', 1, 100],
    [20_000, 'calibrate', 1, 100],
    [22_000, 'calibrate', 0, 100],
    [30_000, 'benchmark', 3, 0],
  );
  expect([first, other, again, unknown]).toEqual(['about 10 s left', '', '', '']);
});
