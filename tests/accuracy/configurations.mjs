// The conversions whose accuracy is measured. `make(model, calibrationData)` gives the converted model.

const statics = (options) => (model, calibrationData) =>
  model.quantizeStatic({
    activationType: 'QUInt8',
    weightType: 'QInt8',
    ...options,
    calibrationData,
  });

export const CONFIGURATIONS = [
  ['dynamic, uint8 weights', (model) => model.quantizeDynamic({ weightType: 'QUInt8' })],
  ['static QDQ, MinMax', statics({})],
  ['static QDQ, MinMax, per channel', statics({ perChannel: true })],
  ['static QDQ, Entropy, per channel', statics({ perChannel: true, calibrateMethod: 'Entropy' })],
  [
    'static QDQ, Percentile, per channel',
    statics({ perChannel: true, calibrateMethod: 'Percentile', calibTensorRangeSymmetric: false }),
  ],
  ['static QDQ, MSE, per channel', statics({ perChannel: true, calibrateMethod: 'MSE' })],
  [
    'static QDQ, int8 activations, per channel',
    statics({ perChannel: true, activationType: 'QInt8' }),
  ],
  ['static QDQ, 7-bit weights, per channel', statics({ perChannel: true, reduceRange: true })],
  ['static QDQ, MinMax, bias correction', statics({ biasCorrection: true })],
  ['static QDQ, MinMax, equalization', statics({ crossLayerEqualization: true })],
  ['static QDQ, MinMax, SmoothQuant', statics({ smoothQuant: true })],
  ['static QDQ, 16-bit activations', statics({ perChannel: true, activationType: 'QUInt16' })],
  ['static QDQ, 4-bit weights, per channel', statics({ perChannel: true, weightType: 'QInt4' })],
  ['static QOperator, MinMax', statics({ quantFormat: 'QOperator', weightType: 'QUInt8' })],
  [
    'static QOperator, MinMax, per channel',
    statics({ quantFormat: 'QOperator', perChannel: true }),
  ],
  ['float16', (model) => model.convertFloatToFloat16({ keepIoTypes: true })],
];
