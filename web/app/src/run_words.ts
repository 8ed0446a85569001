// What a result is, in words: for the table, the details and the report.
import type { Latency } from 'quantab';
import { counted, milliseconds, percent } from './format';
import { changedOptions } from './option_fields';
import type { Run } from './runs';
import type { Latencies } from './timing';

const METHODS = {
  static: 'Static',
  dynamic: 'Dynamic',
  nbits: 'Weights in few bits',
  bnb4: 'Weights in float4',
  float16: 'Half precision',
};

/** "Static, on 300 samples". */
export function methodWords({ settings, samples, random }: Run): string {
  const { method, mixed, half } = settings;
  const rest = half === true ? ', the rest in half precision' : '';
  const name = METHODS[method] + (mixed ? ' with float32 where needed' : rest);
  const used = (method === 'static' || mixed) && samples > 0;
  return used ? `${name}, on ${counted(samples, random ? 'random sample' : 'sample')}` : name;
}

/** The options that are not at their defaults. */
export function optionWords({ settings }: Run): string[] {
  const options = changedOptions(settings.method, settings.options);
  if (settings.preProcess) options.push('Pre-processed');
  return options;
}

/** Method and options in one line. */
export function madeWith(run: Run): string {
  const options = optionWords(run);
  const chosen = options.length > 0 ? options.join(' · ') : 'every option at its default';
  return `${methodWords(run)} · ${chosen}`;
}

/** "percent of the original". */
export const shareOf = ({ size, sizeBefore }: Run): string => percent(size / sizeBefore);

/** "1.1 to 1.5 ms": from the fastest run to the 95th of a hundred. */
export const spread = ({ min, p95 }: Pick<Latency, 'min' | 'p95'>): string =>
  `${Number(min.toPrecision(3))} to ${milliseconds(p95)}`;

/** "median of 50 runs, 4 threads, relaxed SIMD". */
export function howTimed({ float, quantized, capabilities }: Latencies): string {
  const runs = Math.min(float.runs, quantized.runs);
  return [
    runs > 1 ? `median of ${runs} runs` : 'one run',
    counted(capabilities.threads, 'thread'),
    capabilities.flavor === 'relaxed' ? 'relaxed SIMD' : 'SIMD',
  ].join(', ');
}
