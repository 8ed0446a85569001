// The quantized files that are made of each float32 model, by the native program.
import path from 'node:path';
import { callProgram } from './engines.mjs';

const dynamic = (weights, ...flags) => ['dynamic', '--weight-type', weights, ...flags];
const fixed = (activations, weights, ...flags) => [
  'static',
  '--activation-type',
  activations,
  '--weight-type',
  weights,
  ...flags,
];

const VARIANTS = {
  'dynamic s8': dynamic('QInt8'),
  'dynamic s8 per channel': dynamic('QInt8', '--per-channel'),
  'dynamic u8': dynamic('QUInt8'),
  'dynamic u8 per channel, weights apart': dynamic(
    'QUInt8',
    '--per-channel',
    '--use-external-data-format',
  ),
  'static u8s8': fixed('QUInt8', 'QInt8'),
  'static u8s8 per channel': fixed('QUInt8', 'QInt8', '--per-channel'),
  'static s8s8': fixed('QInt8', 'QInt8'),
  'static s8s8 per channel': fixed('QInt8', 'QInt8', '--per-channel'),
  'static u8u8': fixed('QUInt8', 'QUInt8'),
};

export const variantNames = Object.keys(VARIANTS);

/** Models that cannot be quantized, by us or by ONNX Runtime's quantizer, and what our message says. */
export const REFUSED = {
  // An operator of experimental versions, which nothing converts to an operator set with quantization.
  'style/candy_opset7.onnx':
    "cannot be converted to operator set 11: it has no operator 'ImageScaler'",
};

/** Makes the file in `folder`; returns its path. `samples` is the folder of calibration samples. */
export async function quantized(program, model, variant, samples, folder) {
  const [mode, ...flags] = VARIANTS[variant];
  const out = path.join(folder, 'quantized.onnx');
  const data = mode === 'static' ? ['--calibration-data', samples] : [];
  await callProgram(program, mode, model, '-o', out, ...flags, ...data);
  return out;
}
