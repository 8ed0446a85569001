// quantab dynamic MODEL -o OUT: quantize_dynamic.
import { conversionCommand } from '../conversion.js';

export const command = conversionCommand('quantize_dynamic', (model, options) =>
  model.quantizeDynamic(options),
);
