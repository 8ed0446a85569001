// How the program talks: progress and messages on stderr, tables and sizes as text.
import type { LogLevel, Progress } from '../core/types.js';

/** A stage's line when it begins, and every tenth of it. */
export class Console {
  readonly #quiet: boolean;
  #stage = '';
  #tenths = 0;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  progress({ stage, done, total }: Progress): void {
    if (this.#quiet) return;
    const tenths = total === 0 ? 0 : Math.floor((done * 10) / total);
    if (stage === this.#stage && tenths === this.#tenths) return;
    const atOnce = stage !== this.#stage && total !== 0 && done === total;
    this.#stage = stage;
    this.#tenths = tenths;
    if (!atOnce) process.stderr.write(total === 0 ? `${stage}\n` : `${stage} ${done}/${total}\n`);
  }

  log(level: LogLevel, message: string): void {
    if (level === 'info' && this.#quiet) return;
    process.stderr.write(`${level === 'warning' ? 'warning: ' : ''}${message}\n`);
  }
}

/** "1.21 MB" (powers of ten). */
export function humanBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit + 1 < units.length; ++unit) value /= 1000;
  return unit === 0 ? `${bytes} B` : `${humanNumber(value, 3)} ${units[unit]}`;
}

/**
 * The `digits` most significant digits of a positive number and its power of ten, rounded as C does: a number exactly in
 * between goes to the even digit, where toExponential() goes up.
 */
function significant(value: number, digits: number): { mantissa: string; power: number } {
  const parse = (text: string) => {
    const [mantissa, power] = text.split('e') as [string, string];
    return { mantissa: mantissa.replace('.', ''), power: Number(power) };
  };
  // Two doubles differ within their first 17 digits, so that zeros up to the 30th are zeros to the end.
  const { mantissa, power } = parse(value.toExponential(30));
  const kept = mantissa.slice(0, digits);
  const isTie = /^50*$/.test(mantissa.slice(digits));
  return isTie && Number(kept.at(-1)) % 2 === 0
    ? { mantissa: kept, power }
    : parse(value.toExponential(digits - 1));
}

/** `digits` significant digits as C's %g writes them. */
export function humanNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) return 'nan';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign}inf`;
  if (value === 0) return `${sign}0`;
  const { mantissa, power } = significant(Math.abs(value), digits);
  const isPlain = power >= -4 && power < digits;
  const padded = isPlain && power < 0 ? '0'.repeat(-power) + mantissa : mantissa;
  const point = isPlain ? Math.max(power, 0) + 1 : 1;
  const fraction = padded.slice(point).replace(/0+$/, '');
  const number = `${sign}${padded.slice(0, point)}${fraction === '' ? '' : `.${fraction}`}`;
  if (isPlain) return number;
  return `${number}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** Columns in line, two spaces apart: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const length = (cell: string) => [...cell].length;
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => length(row[column] ?? ''))),
  );
  return rows
    .map((row) => {
      const cells = row.map((cell, i) => {
        const space = ' '.repeat(widths[i]! - length(cell));
        return i === 0 ? cell + space : space + cell;
      });
      return `${cells.join('  ').replace(/ +$/, '')}\n`;
    })
    .join('');
}
