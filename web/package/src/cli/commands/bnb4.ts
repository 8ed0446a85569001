// quantab bnb4 MODEL -o OUT: MatMulBnb4Quantizer.
import { conversionCommand } from '../conversion.js';

export const command = conversionCommand('quantize_matmul_bnb4', (model, options) =>
  model.quantizeMatMulBnb4(options),
);
