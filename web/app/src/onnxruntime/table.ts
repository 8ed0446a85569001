// The times of a result beside those in onnxruntime-web, as text: for the page and for the report.
import type { BesideLatency } from 'quantab/onnxruntime';
import type { TextTable } from '../figure_tables';
import { counted, milliseconds } from '../format';
import { spread } from '../run_words';

/** What was measured: plain data. */
export interface Beside {
  /** Of onnxruntime-web, if it tells. */
  version: string | undefined;
  /** That compute here. */
  threads: number;
  /** That compute there, if it tells; as many as here where it is absent. */
  threadsThere?: number | undefined;
  /** Whether the models ran on made-up data. */
  isMadeUp: boolean;
  float: BesideLatency;
  quantized: BesideLatency;
}

/** How many times as long it takes there. */
const ratioOf = ({ quantab, onnxRuntime }: BesideLatency): string =>
  quantab.median > 0 ? `${Number((onnxRuntime.median / quantab.median).toPrecision(3))} ×` : '–';

function threadWords(beside: Beside): string {
  const { threads: here, threadsThere: there } = beside;
  if (here === there || !('threadsThere' in beside)) return `${counted(here, 'thread')} each`;
  return `${counted(here, 'thread')} here, ${there === undefined ? 'its own number' : String(there)} there`;
}

export function besideTable(beside: Beside): TextTable {
  const { version, isMadeUp, float, quantized } = beside;
  const { runs } = float.quantab;
  const row = (name: string, latency: BesideLatency) => [
    name,
    milliseconds(latency.quantab.median),
    spread(latency.quantab),
    milliseconds(latency.onnxRuntime.median),
    spread(latency.onnxRuntime),
    ratioOf(latency),
  ];
  const peer = ['onnxruntime-web', version].filter(Boolean).join(' ');
  const sample = isMadeUp ? 'made-up data' : 'the first sample';
  const how = `median of ${counted(runs, 'run')} that take turns, ${threadWords(beside)}, on ${sample}`;
  const range = 'From the fastest to the 95th of 100';
  return {
    caption: `Beside ${peer} (${how})`,
    columns: [
      { head: 'Model' },
      { head: 'Quantab', number: true },
      { head: range, number: true },
      { head: 'onnxruntime-web', number: true },
      { head: range, number: true },
      { head: 'Ratio', number: true },
    ],
    rows: [row('Float', float), row('Quantized', quantized)],
  };
}

/** What it means, in a sentence. */
export function besideWords({ quantized }: Beside): string {
  const { quantab, onnxRuntime } = quantized;
  const [here, there] = [quantab, onnxRuntime].map(({ median }) => milliseconds(median));
  return `The quantized model takes ${here} in Quantab and ${there} in onnxruntime-web, on the same device.`;
}
