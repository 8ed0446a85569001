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

/** `digits` significant digits as C's %g writes them; null, which JSON has for infinity, is "inf". */
export function humanNumber(value: number | null, digits = 4): string {
  if (value === null) return 'inf';
  if (value === 0) return '0';
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < digits) {
    const fixed = value.toFixed(digits - 1 - power);
    return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
  }
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return `${short}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** Columns in line, two spaces apart: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) => {
      const cells = row.map((cell, i) =>
        i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!),
      );
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}
