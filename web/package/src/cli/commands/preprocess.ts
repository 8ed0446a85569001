// quantab preprocess MODEL -o OUT: quant_pre_process.
import { conversionCommand } from '../conversion.js';

export const command = conversionCommand('quant_pre_process', (model, options) =>
  model.quantPreProcess(options),
);
