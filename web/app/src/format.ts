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

export const milliseconds = (value: number): string => `${Number(value.toPrecision(3))} ms`;

/** Four significant digits; "∞" for null, which stands for an infinite ratio. */
export const figure = (value: number | null | undefined): string => {
  if (value === undefined) return '–';
  return value === null ? '∞' : String(Number(value.toPrecision(4)));
};

export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

/** "int8" out of "float32 [1,3,224,224]": how a value's type and shape are shown. */
export const shape = (dims: readonly string[], known: boolean): string =>
  known ? `[${dims.join(', ')}]` : 'any shape';
