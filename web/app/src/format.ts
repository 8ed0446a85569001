// Numbers as people read them.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** "1.21 MB", powers of ten. */
export function bytes(value: number): string {
  let unit = 0;
  let scaled = value;
  while (scaled >= 999.5 && unit < UNITS.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${unit === 0 ? scaled : Number(scaled.toPrecision(3))} ${UNITS[unit]}`;
}

export const count = (value: number): string => value.toLocaleString('en');

/** "1 sample", "300 samples". */
export const counted = (value: number, noun: string, nouns = `${noun}s`): string =>
  `${count(value)} ${value === 1 ? noun : nouns}`;

export const milliseconds = (value: number): string => `${Number(value.toPrecision(3))} ms`;

const NO_NUMBER = 'not a number';

/** Four significant digits; the core gives null for what no number can say, and nothing for what does not apply. */
export const figure = (value: number | null | undefined): string => {
  if (value === undefined) return '–';
  return value === null ? NO_NUMBER : String(Number(value.toPrecision(4)));
};

/** A ratio of signal to noise is infinite when there is no noise, and only then. */
export const decibels = (value: number | null, mse: number | null): string =>
  value === null && mse === 0 ? '∞' : figure(value);

/** `value` in so many significant digits, or as many more as it takes to tell it from `whole`. */
function apart(value: number, digits: number, whole: number): number {
  let enough = digits;
  while (value !== whole && enough < 15 && Number(value.toPrecision(enough)) === whole) enough++;
  return Number(value.toPrecision(enough));
}

/** 1 only for the same direction. */
export const cosine = (value: number | null): string =>
  value === null ? figure(value) : String(apart(value, 4, 1));

/** Only the whole is 100 %. */
export function percent(share: number | null | undefined): string {
  if (share === undefined) return '–';
  if (share === null || !Number.isFinite(share)) return NO_NUMBER;
  return share === 1 ? '100 %' : `${apart(share * 100, 3, 100)} %`;
}

/** "[batch, 3, 224, 224]". */
export const shape = (dims: readonly string[], known: boolean): string =>
  known ? `[${dims.join(', ')}]` : 'any shape';

/** "Conv"; of another domain than ONNX's own "com.acme:Conv". */
export const operatorName = ({ domain, opType }: { domain: string; opType: string }): string =>
  domain === 'ai.onnx' || domain === '' ? opType : `${domain}:${opType}`;
