// quantab preprocess MODEL -o OUT: quant_pre_process.
import type { Command } from '../command.js';
import {
  conversionOptions,
  conversionText,
  convertFile,
  type ConversionResult,
} from '../conversion.js';

export const command: Command<ConversionResult> = {
  run: (invocation) => {
    const options = conversionOptions(invocation, 'quant_pre_process');
    return convertFile(invocation, (model) => model.quantPreProcess(options));
  },
  text: conversionText,
};
