// quantab dynamic MODEL -o OUT: quantize_dynamic.
import type { Command } from '../command.js';
import { quantizeFile, quantizeText, type QuantizeResult } from '../quantize.js';

export const command: Command<QuantizeResult> = {
  run: (invocation) =>
    quantizeFile(invocation, (model) =>
      model.quantizeDynamic({ ...invocation.quantizerOptions, ...invocation.call }),
    ),
  text: quantizeText,
};
