// What the quantizing commands share.
import { openModel, type Model } from '../index.node.js';
import type { Invocation } from './command.js';
import { humanBytes, humanNumber } from './console.js';

export interface QuantizeResult {
  output: string;
  bytesBefore: number;
  /** Of the model file and its external data. */
  bytesAfter: number;
}

/** Opens the model, lets `quantize` make another of it, and writes that. */
export async function quantizeFile(
  { positionals, value, flag, call }: Invocation,
  quantize: (model: Model) => Promise<Model>,
): Promise<QuantizeResult> {
  const output = value('output')!;
  using model = await openModel(positionals[0]!, call);
  using result = await quantize(model);
  const useExternalDataFormat = flag('use_external_data_format');
  const sizes = await result.writeTo(output, { ...call, useExternalDataFormat });
  return {
    output,
    bytesBefore: model.byteLength,
    bytesAfter: sizes.model + sizes.external,
  };
}

export function quantizeText({ output, bytesBefore, bytesAfter }: QuantizeResult): string {
  const percent = bytesBefore === 0 ? 100 : (100 * bytesAfter) / bytesBefore;
  return `${output}: ${humanBytes(bytesAfter)}, was ${humanBytes(bytesBefore)} (${humanNumber(percent, 3)} %)\n`;
}
