// quantab nbits MODEL -o OUT: MatMulNBitsQuantizer.
import { conversionCommand } from '../conversion.js';

export const command = conversionCommand('quantize_matmul_nbits', (model, options) =>
  model.quantizeMatMulNBits(options),
);
