// quantab float16 MODEL -o OUT: convert_float_to_float16.
import { conversionCommand } from '../conversion.js';

export const command = conversionCommand('convert_float_to_float16', (model, options) =>
  model.convertFloatToFloat16(options),
);
