// quantab dynamic MODEL -o OUT: quantize_dynamic.
import type { Command } from '../command.js';
import {
  conversionOptions,
  conversionText,
  convertFile,
  type ConversionResult,
} from '../conversion.js';

export const command: Command<ConversionResult> = {
  run: (invocation) => {
    const options = conversionOptions(invocation, 'quantize_dynamic');
    return convertFile(invocation, (model) => model.quantizeDynamic(options));
  },
  text: conversionText,
};
