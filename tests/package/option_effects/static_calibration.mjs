// quantize_static's options of calibration, and of the steps before quantization.
import { expect } from '@jest/globals';
import { chain, layerOf, samplesOf, spread, three } from './models.mjs';

const round = Math.fround;

/** Ranges by tensor: [lower, upper]. */
const rangesOf = ({ ranges }) =>
  Object.fromEntries(
    [...ranges.text.matchAll(/^(-?[\d.]+) (-?[\d.]+) (\S+)$/gm)].map(([, lower, upper, name]) => [
      name,
      [Number(lower), Number(upper)],
    ]),
  );

/** Mean and standard deviation of x. */
const momentsOf = ({ ranges }) =>
  ranges.text
    .match(/ x\n {2}moments (\S+) (\S+)/)
    .slice(1)
    .map(Number);

const ranged = (says, source, given, value, expected) => ({
  says,
  ...source,
  with: given,
  value,
  check: (after) => expect(rangesOf(after).x).toEqual(expected),
});

// Of `spread`, what onnxruntime's calibrators give; float32 as text.
const LARGEST = 29.092773;

export const staticCalibration = {
  calibrate_method: [
    ranged('MinMax: the extremes', spread, {}, 'MinMax', [-32, LARGEST]),
    ranged(
      'Entropy: where the distribution changes least',
      spread,
      { calibNumBins: 512, calibNumQuantizedBins: 32 },
      'Entropy',
      [-26.375, 26.5],
    ),
    ranged(
      'Percentile: without the outermost',
      spread,
      { calibPercentile: 90 },
      'Percentile',
      [-23.8125, 23.8125],
    ),
    {
      says: 'Distribution: mean and standard deviation as well',
      ...spread,
      value: 'Distribution',
      check(after) {
        expect(rangesOf(after).x).toEqual([-32, 32]);
        expect(momentsOf(after)).toEqual([-0.49609375, 12.105202674865723]);
      },
    },
    // By numpy: of all edges of 2048 bins l and u, those with the least 64 (u - l)^2 / 255^2 / 12 and squares of what is cut off.
    ranged('MSE: the least mean squared error', spread, {}, 'MSE', [-31.96875, 29.0625]),
  ],
  calib_tensor_range_symmetric: [
    ranged('MinMax: as far below zero as above', three, {}, true, [-7, 7]),
    ranged(
      'false: Percentile cuts off on either side by itself',
      spread,
      { calibrateMethod: 'Percentile', calibPercentile: 90 },
      false,
      [-23.84375, 21.4375],
    ),
  ],
  // Means of -1, -2, 0 and of 3, 2, 7.
  calib_moving_average: ranged('the means of the extremes', three, {}, true, [-1, 4]),
  // -1 and 3 move half of the way to -2 and 2, then to 0 and 7.
  calib_moving_average_constant: ranged(
    'how far a new chunk moves the average',
    three,
    { calibMovingAverage: true, calibStridedMinMax: 1 },
    0.5,
    [-0.75, 4.75],
  ),
  calib_strided_min_max: ranged(
    'each sample moves the average, by a hundredth',
    three,
    { calibMovingAverage: true },
    1,
    [-0.9999, 3.0301],
  ),
  // Nothing is kept; onnxruntime forgets samples there.
  calib_max_intermediate_outputs: ['MinMax', 'Entropy'].map((calibrateMethod) => ({
    ...ranged(`${calibrateMethod}: every sample counts`, three, { calibrateMethod }, 1, [-2, 7]),
    idle: true,
  })),
  calib_percentile: ranged(
    'the share of magnitudes inside',
    spread,
    { calibrateMethod: 'Percentile' },
    90,
    [-23.8125, 23.8125],
  ),
  calib_num_bins: [
    ranged(
      'Percentile: ends are edges of bins of 2',
      spread,
      { calibrateMethod: 'Percentile' },
      16,
      [-30, LARGEST],
    ),
    ranged(
      'Entropy: there is a choice of ends',
      spread,
      { calibrateMethod: 'Entropy', calibNumQuantizedBins: 64 },
      512,
      [-29.125, LARGEST],
    ),
    {
      says: 'Distribution: the mean is of wider bins',
      ...spread,
      with: { calibrateMethod: 'Distribution' },
      value: 512,
      check: (after) => expect(momentsOf(after)).toEqual([-0.4921875, 12.101496696472168]),
    },
  ],
  calib_num_quantized_bins: ranged(
    'fewer bins are hit best within a narrower range',
    spread,
    { calibrateMethod: 'Entropy', calibNumBins: 512 },
    32,
    [-26.375, 26.5],
  ),
  calib_scenario: [
    {
      says: 'same: moments of the values',
      ...spread,
      with: { calibrateMethod: 'Distribution' },
      value: 'same',
      check: (after) => expect(momentsOf(after)).toEqual([-0.49609375, 12.105202674865723]),
    },
    {
      says: 'p3: moments of their cube roots',
      ...spread,
      with: { calibrateMethod: 'Distribution' },
      value: 'p3',
      check(after) {
        const [mean, deviation] = momentsOf(after);
        expect(mean).toBeCloseTo(-0.04411718249320984, 7);
        expect(deviation).toBeCloseTo(1.8332843780517578, 6);
      },
    },
  ],
  calib_per_channel: {
    says: 'ranges of channels are found as well',
    ...three,
    value: true,
    check(after, before) {
      expect(before.ranges.text).not.toContain('channel');
      expect(after.ranges.text).toContain(
        ['-2 7 x', 'channel -2 0', 'channel 0 0', 'channel 0 1', 'channel 2 7'].join('\n  '),
      );
    },
  },
  // x is 9 and 1 at most, the rows of w are 4 and 0.25 at most.
  smooth_quant: {
    says: 'x is divided, and w multiplied, by sqrt(9 / 4) and sqrt(1 / 0.25)',
    ...layerOf([1, -4, 0.25, 0.125], [9, 1]),
    value: true,
    check(after, before) {
      expect(before.count('Mul')).toBe(0);
      expect(after.maker(after.readers('x_smooth_scale')[0].outputs[0]).opType).toBe('Mul');
      expect(after.numbers('x_smooth_scale')).toEqual([round(2 / 3), 0.5]);
      expect(after.quantization('w').scale).toBe(round(6 / 127));
    },
  },
  smooth_quant_alpha: {
    says: '1: all of the spread moves',
    ...layerOf([1, -4, 0.25, 0.125], [9, 1]),
    with: { smoothQuant: true },
    value: 1,
    check(after) {
      expect(after.numbers('x_smooth_scale')).toEqual([round(1 / 9), 1]);
      expect(after.quantization('w').scale).toBe(round(36 / 127));
    },
  },
  smooth_quant_folding: {
    says: 'false: a Mul divides what the first layer makes',
    ...chain,
    samples: samplesOf([1, 4], [1, 0, -1, 1]),
    with: { smoothQuant: true },
    value: false,
    check(after, before) {
      const names = (graph) =>
        graph.nodes.filter(({ opType }) => opType === 'Mul').map(({ name }) => name);
      expect(names(before)).toEqual(['x_smooth_mul']);
      expect(names(after)).toEqual(['x_smooth_mul', 'r_smooth_mul']);
    },
  },
  // Columns of w are 1 and 4 at most, the rows of v 2 and 0.5.
  cross_layer_equalization: {
    says: 'both layers get the root of the product of their ranges, sqrt(2)',
    ...chain,
    value: true,
    check(after, before) {
      expect(before.quantization('w').scale).toBe(round(4 / 127));
      expect(before.quantization('v').scale).toBe(round(2 / 127));
      for (const name of ['w', 'v']) {
        expect(after.quantization(name).scale / (Math.SQRT2 / 127)).toBeCloseTo(1, 6);
      }
    },
  },
  // With the scale 3 / 127, 0.02 becomes one step and -0.05 minus two.
  bias_correction: {
    says: 'the mean shift of the rounded weights is subtracted from the bias',
    ...layerOf([3, 0.02, 0, -0.05], [10, 100], [1, 1]),
    value: true,
    check(after, before) {
      const step = 3 / 127;
      const biases = (graph) =>
        graph.numbers('b_quantized').map((each) => each * graph.numbers('b_quantized_scale')[0]);
      const [first, second] = biases(after);
      expect(biases(before)).toEqual([expect.closeTo(1, 2), expect.closeTo(1, 2)]);
      expect(first).toBeCloseTo(1, 2);
      expect(second).toBeCloseTo(1 - (10 * (step - 0.02) + 100 * (0.05 - 2 * step)), 2);
    },
  },
};
