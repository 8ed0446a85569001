// Numbers as people read them.
import { describe, expect, test } from '@jest/globals';
import { importSource } from './source.mjs';

const { bytes, cosine, counted, decibels, figure, percent } = await importSource('format.ts');

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1234, '1.23 kB'],
  [999_499_999, '999 MB'],
  [2 ** 31, '2.15 GB'],
])('%d bytes are %s', (value, text) => expect(bytes(value)).toBe(text));

test.each([
  [1, '100 %'],
  [0.9996, '99.96 %'],
  [0.99999, '99.999 %'],
  [1.00001, '100.001 %'],
  [0.28034, '28 %'],
  [0, '0 %'],
  [2.345, '235 %'],
  [NaN, 'not a number'],
  [null, 'not a number'],
  [undefined, '–'],
])('a share of %p is %s', (share, text) => expect(percent(share)).toBe(text));

describe('figures that no number can say', () => {
  test('the ratio is infinite only without any noise', () => {
    expect(decibels(null, 0)).toBe('∞');
    expect(decibels(null, null)).toBe('not a number');
    expect(decibels(null, 0.5)).toBe('not a number');
    expect(decibels(31.41592, 0.5)).toBe('31.42');
  });
  test('others are not called infinite', () => {
    expect(figure(null)).toBe('not a number');
    expect(figure(undefined)).toBe('–');
    expect(figure(0.000123456)).toBe('0.0001235');
  });
});

test('a cosine is 1 for the same direction only', () => {
  expect(cosine(1)).toBe('1');
  expect(cosine(0.99996)).toBe('0.99996');
  expect(cosine(0.98765)).toBe('0.9877');
  expect(cosine(null)).toBe('not a number');
});

test('nouns agree with their number', () => {
  expect(counted(1, 'sample')).toBe('1 sample');
  expect(counted(6000, 'sample')).toBe('6,000 samples');
});
