// What callers give besides models and tensors, checked.
import { QuantabError } from './error.js';
import type { WriteOptions } from './types.js';

function invalid(message: string): never {
  throw new QuantabError('InvalidArgument', message);
}

/** What a message shows of a value that is not what it should be. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'an array' : 'an object';
  }
  return typeof value === 'function' ? 'a function' : String(value);
}

/** Throws unless `signal`, the option `name`, is an AbortSignal or undefined. */
export function checkSignal(name: string, signal: unknown): void {
  const isSignal = typeof signal === 'object' && signal !== null && 'addEventListener' in signal;
  if (signal === undefined || isSignal) return;
  invalid(`${name} must be an AbortSignal, got ${shown(signal)}.`);
}

/** Throws unless `options` is an object whose signal and callbacks are what they should be. */
export function checkCall(options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    invalid(`Options must be an object, got ${shown(options)}.`);
  }
  const { signal, onProgress, onLog } = options as Record<string, unknown>;
  checkSignal('signal', signal);
  for (const [name, callback] of Object.entries({ onProgress, onLog })) {
    if (callback !== undefined && typeof callback !== 'function') {
      invalid(`${name} must be a function, got ${shown(callback)}.`);
    }
  }
}

/** The quantizers' own options of a call, all but what this side deals with, as JSON text for the core. */
export function quantizerOptions(call: object): string {
  const ours = [
    ...['signal', 'onProgress', 'onLog', 'calibrationData', 'workers', 'ranges'],
    ...['recipe', 'preProcess'],
  ];
  const theirs = Object.fromEntries(Object.entries(call).filter(([name]) => !ours.includes(name)));
  try {
    // As text, what JSON has no form for reaches the core, which says what it expected instead.
    return JSON.stringify(theirs, (_, value: unknown) =>
      ['bigint', 'function', 'symbol'].includes(typeof value) ? String(value) : value,
    );
  } catch (error) {
    throw new QuantabError(
      'InvalidArgument',
      'The options refer to themselves. Give plain values.',
      {},
      { cause: error },
    );
  }
}

/** The write options of a call, without its other members. */
export function writeOptions(call: WriteOptions): WriteOptions {
  const { useExternalDataFormat, sizeThreshold, location } = call;
  if (useExternalDataFormat !== undefined && typeof useExternalDataFormat !== 'boolean') {
    invalid(`useExternalDataFormat must be true or false, got ${shown(useExternalDataFormat)}.`);
  }
  if (sizeThreshold !== undefined) wholeNumber('sizeThreshold', sizeThreshold, 0);
  if (location !== undefined && typeof location !== 'string') {
    invalid(`location must be text, got ${shown(location)}.`);
  }
  return {
    ...(useExternalDataFormat === undefined ? {} : { useExternalDataFormat }),
    ...(sizeThreshold === undefined ? {} : { sizeThreshold }),
    ...(location === undefined ? {} : { location }),
  };
}

export function wholeNumber(
  name: string,
  value: number,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const bound = value > most ? `at most ${most}` : `at least ${least}`;
  return invalid(`${name} must be a whole number of ${bound}, got ${shown(value)}.`);
}
