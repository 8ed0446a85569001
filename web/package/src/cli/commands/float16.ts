// quantab float16 MODEL -o OUT: convert_float_to_float16.
import type { Command } from '../command.js';
import {
  conversionOptions,
  conversionText,
  convertFile,
  type ConversionResult,
} from '../conversion.js';

export const command: Command<ConversionResult> = {
  run: (invocation) => {
    const options = conversionOptions(invocation, 'convert_float_to_float16');
    return convertFile(invocation, (model) => model.convertFloatToFloat16(options));
  },
  text: conversionText,
};
