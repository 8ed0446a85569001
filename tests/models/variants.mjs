// The quantized files that are made of each float32 model: [mode, options of the package; the program's are the same].
const dynamic = (weightType, options = {}) => ['dynamic', { weightType, ...options }];
const fixed = (activationType, weightType, options = {}) => [
  'static',
  { activationType, weightType, ...options },
];
const perChannel = { perChannel: true };

export const VARIANTS = {
  'dynamic s8': dynamic('QInt8'),
  'dynamic s8 per channel': dynamic('QInt8', perChannel),
  'dynamic u8': dynamic('QUInt8'),
  'dynamic u8 per channel': dynamic('QUInt8', perChannel),
  'static u8s8': fixed('QUInt8', 'QInt8'),
  'static u8s8 per channel': fixed('QUInt8', 'QInt8', perChannel),
  'static s8s8': fixed('QInt8', 'QInt8'),
  'static s8s8 per channel': fixed('QInt8', 'QInt8', perChannel),
  'static u8u8': fixed('QUInt8', 'QUInt8'),
};

/** The one whose weights are written to a second file. */
export const APART = 'dynamic u8 per channel';

/** Models that cannot be quantized, by us or by ONNX Runtime's quantizer, and what our message says. */
export const REFUSED = {
  // An operator of experimental versions, which nothing converts to an operator set with quantization.
  'style/candy_opset7.onnx':
    "cannot be converted to operator set 11: it has no operator 'ImageScaler'",
};
