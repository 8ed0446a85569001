// Which options and choices cannot be had, or count for nothing, beside others that are chosen. Plain data: what the core refuses
// (core/quant/check_options.cc, core/quant/matmul_nbits.cc) or does not look at.
import type { Method } from './option_fields';

/** What counts of the fields of a method, by option: a checkbox "true" or "false", of an empty field the default. */
export type Held = (option: string) => string;

export interface Conflict {
  option: string;
  /** Of a choice: those that cannot be had. The whole field otherwise. */
  choices?: readonly string[];
  when: (held: Held) => boolean;
  /** A sentence. */
  why: string;
}

const FLOAT8 = 'QFLOAT8E4M3FN';
const NOT_8_BITS = [FLOAT8, 'QInt16', 'QUInt16', 'QInt4', 'QUInt4'];

const isQOperator = (held: Held) => held('quant_format') === 'QOperator';
const isFloat8 = (held: Held) => held('weight_type') === FLOAT8;
const isNot = (option: string, value: string) => (held: Held) => held(option) !== value;
const isOff = (option: string) => (held: Held) => held(option) !== 'true';

const of = (options: readonly string[], rest: Omit<Conflict, 'option'>): Conflict[] =>
  options.map((option) => ({ option, ...rest }));

const STATIC: readonly Conflict[] = [
  ...of(['activation_type', 'weight_type'], {
    choices: NOT_8_BITS,
    when: isQOperator,
    why: 'QOperator format has operators for QInt8 and QUInt8 only.',
  }),
  {
    option: 'quant_format',
    choices: ['QOperator'],
    when: (held) =>
      NOT_8_BITS.includes(held('activation_type')) || NOT_8_BITS.includes(held('weight_type')),
    why: 'QOperator format has no operators for the types that are chosen, only for QInt8 and QUInt8.',
  },
  {
    option: 'quant_format',
    choices: ['QOperator'],
    when: (held) => held('config') !== 'none',
    why: 'The chosen configuration goes with QDQ format only.',
  },
  {
    option: 'quant_format',
    choices: ['QOperator'],
    when: (held) => Number(held('block_size')) > 0,
    why: 'Blocks of a weight need QDQ format.',
  },
  {
    option: 'config',
    choices: ['qdq', 'qnn'],
    when: isQOperator,
    why: 'Configurations go with QDQ format only.',
  },
  {
    option: 'weight_type',
    choices: ['QUInt8'],
    when: (held) => held('activation_type') === 'QInt8',
    why: 'No runtime multiplies QInt8 activations by QUInt8 weights.',
  },
  {
    option: 'activation_type',
    choices: ['QInt8'],
    when: (held) => held('weight_type') === 'QUInt8',
    why: 'No runtime multiplies QInt8 activations by QUInt8 weights.',
  },
  {
    option: 'calibrate_method',
    choices: ['Entropy', 'MinMax', 'MSE', 'Percentile'],
    when: isFloat8,
    why: 'The scales of float8 follow from standard deviations, which Distribution measures.',
  },
  { option: 'reduce_range', when: isFloat8, why: 'Float8 is no integer: it has no fewer bits.' },
  { option: 'block_size', when: isFloat8, why: 'Blocks are for weights of integers.' },
  { option: 'block_size', when: isQOperator, why: 'Blocks of a weight need QDQ format.' },
  ...of(
    [
      'add_qdq_pair_to_weight',
      'dedicated_qdq_pair',
      'use_qdq_contrib_ops',
      'qdq_keep_removable_activations',
      'qdq_disable_weight_adjust_for_int32_bias',
      'op_types_to_exclude_output_quantization',
      'qdq_op_type_per_channel_support_to_axis',
    ],
    { when: isQOperator, why: 'Counts in QDQ format only.' },
  ),
  {
    option: 'add_qtype_converts',
    when: isNot('config', 'qnn'),
    why: "Counts with the configuration 'qnn' only.",
  },
  {
    option: 'sigmoid_nnapi',
    when: (held) => !isQOperator(held),
    why: 'Counts in QOperator format only.',
  },
  {
    option: 'activation_restricted_asymmetric',
    when: isNot('activation_type', 'QUInt8'),
    why: 'Counts for QUInt8 activations only.',
  },
  ...of(['calib_moving_average', 'calib_strided_min_max', 'calib_per_channel'], {
    when: isNot('calibrate_method', 'MinMax'),
    why: 'Counts for the calibration method MinMax only.',
  }),
  {
    option: 'calib_moving_average_constant',
    when: (held) =>
      held('calibrate_method') !== 'MinMax' || held('calib_moving_average') !== 'true',
    why: 'Counts with a moving average only.',
  },
  {
    option: 'calib_percentile',
    when: isNot('calibrate_method', 'Percentile'),
    why: 'Counts for the calibration method Percentile only.',
  },
  {
    option: 'calib_num_quantized_bins',
    when: isNot('calibrate_method', 'Entropy'),
    why: 'Counts for the calibration method Entropy only.',
  },
  {
    option: 'calib_scenario',
    when: isNot('calibrate_method', 'Distribution'),
    why: 'Counts for the calibration method Distribution only.',
  },
  {
    option: 'calib_num_bins',
    when: (held) => held('calibrate_method') === 'MinMax',
    why: 'MinMax makes no histograms.',
  },
  ...of(['smooth_quant_alpha', 'smooth_quant_folding'], {
    when: isOff('smooth_quant'),
    why: 'Counts with SmoothQuant only.',
  }),
];

const namesGather = (held: Held) =>
  held('op_types_to_quantize')
    .split(',')
    .some((type) => type.trim() === 'Gather');
const isNot4Bits = (held: Held) => Number(held('bits')) !== 4;

const NBITS: readonly Conflict[] = [
  {
    option: 'quant_format',
    choices: ['QDQ'],
    when: isNot4Bits,
    why: 'DequantizeLinear reads weights of 4 bits here.',
  },
  {
    option: 'quant_format',
    choices: ['QDQ'],
    when: namesGather,
    why: 'Gather is quantized in QOperator format only.',
  },
  {
    option: 'op_types_to_quantize',
    when: (held) => !isQOperator(held) || isNot4Bits(held),
    why: 'Gather is quantized in QOperator format with 4 bits only, so MatMul alone is left.',
  },
  {
    option: 'accuracy_level',
    when: isNot('quant_format', 'QOperator'),
    why: 'Counts in QOperator format only.',
  },
];

const FLOAT16: readonly Conflict[] = [
  {
    option: 'use_bfloat16_as_blocked_nodes_dtype',
    when: isNot('variant', 'onnxruntime'),
    why: "Counts for the variant 'onnxruntime' only.",
  },
  {
    option: 'check_fp16_ready',
    when: isNot('variant', 'onnxconverter_common'),
    why: "Counts for the variant 'onnxconverter_common' only.",
  },
];

export const CONFLICTS: Record<Method, readonly Conflict[]> = {
  static: STATIC,
  dynamic: [],
  nbits: NBITS,
  bnb4: [],
  float16: FLOAT16,
};

/** Options that take a value when another option takes one, as they go together only; and back again. */
export interface Companion {
  option: string;
  value: string;
  others: Readonly<Record<string, { with: string; without: string }>>;
}

const goesWithItself = (option: string, other: string, without: string): Companion => ({
  option,
  value: FLOAT8,
  others: {
    [other]: { with: FLOAT8, without },
    calibrate_method: { with: 'Distribution', without: 'MinMax' },
  },
});

export const COMPANIONS: readonly Companion[] = [
  goesWithItself('weight_type', 'activation_type', 'QUInt8'),
  goesWithItself('activation_type', 'weight_type', 'QInt8'),
];
