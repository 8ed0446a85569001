// What the Python tools take (onnxruntime 1.31.1, onnxconverter-common 1.16), and the option that is the same here.

/** Why there is no such option. */
const none = (why) => ({ none: why });
const NO_PROVIDERS = none('The core is the only one that runs models.');

/** Options of the same name. */
const same = (names) => Object.fromEntries(names.map((name) => [name, name]));

const QUANTIZER = same([
  ...['op_types_to_quantize', 'per_channel', 'reduce_range', 'weight_type', 'nodes_to_quantize'],
  ...['nodes_to_exclude', 'use_external_data_format', 'extra_options'],
]);
const STATIC = {
  ...QUANTIZER,
  ...same(['quant_format', 'activation_type', 'calibrate_method']),
  calibration_data_reader: 'calibration_data',
  calibration_providers: NO_PROVIDERS,
};
const FILES = { model_input: 'MODEL', model_output: 'output' };
const EXTERNAL_DATA = {
  save_as_external_data: 'use_external_data_format',
  all_tensors_to_one_file: none('They always go to one file.'),
  external_data_location: none("The command's is OUT.data; writeTo() takes a location."),
  external_data_size_threshold: none("The command's is 1024; writeTo() takes sizeThreshold."),
};
const FLOAT16 = {
  model: 'MODEL',
  ...same(['min_positive_val', 'max_finite_val', 'keep_io_types', 'disable_shape_infer']),
  ...same(['op_block_list', 'node_block_list']),
};

const WEIGHTS_IN_BLOCKS = {
  ...same(['bits', 'block_size', 'is_symmetric', 'accuracy_level', 'quant_format']),
  ...same(['op_types_to_quantize', 'quant_axes']),
  channel_wised_quantize: none('Whole columns are what per_channel of quantize_static is for.'),
};

const CONFIG = {
  model_input: 'MODEL',
  calibration_data_reader: 'calibration_data',
  calibration_providers: NO_PROVIDERS,
  ...same(['calibrate_method', 'activation_type', 'weight_type', 'activation_symmetric']),
  ...same(['weight_symmetric', 'per_channel', 'op_types_to_quantize', 'nodes_to_exclude']),
  keep_removable_activations: 'qdq_keep_removable_activations',
};

/** By function: the command that does its work, and its parameters. */
export const functions = {
  quantize_dynamic: ['dynamic', { ...FILES, ...QUANTIZER }],
  DynamicQuantConfig: ['dynamic', QUANTIZER],
  quantize_static: ['static', { ...FILES, ...STATIC, ...same(['calibration_cache_path']) }],
  StaticQuantConfig: ['static', STATIC],
  get_qdq_config: [
    'static',
    {
      ...CONFIG,
      ...same(['reduce_range', 'extra_options']),
      calibrate_args: 'extra_options',
      min_real_range: 'minimum_real_range',
      tensor_quant_overrides: 'tensor_quant_overrides',
    },
  ],
  get_qnn_qdq_config: [
    'static',
    {
      ...CONFIG,
      ...same(['add_qtype_converts']),
      init_overrides: 'tensor_quant_overrides',
      stride: 'calib_strided_min_max',
    },
  ],
  write_calibration_table: [
    'static',
    { calibration_cache: 'calibration_cache_path', dir: 'calibration_table' },
  ],
  create_calibrator: [
    'static',
    {
      model: 'MODEL',
      op_types_to_calibrate: 'op_types_to_quantize',
      augmented_model_path: none('Activations are seen as the model runs; none is written.'),
      calibrate_method: 'calibrate_method',
      use_external_data_format: none('No model is written.'),
      providers: NO_PROVIDERS,
      extra_options: 'extra_options',
    },
  ],
  "create_calibrator's extra_options": [
    'static',
    {
      symmetric: 'calib_tensor_range_symmetric',
      moving_average: 'calib_moving_average',
      averaging_constant: 'calib_moving_average_constant',
      max_intermediate_outputs: 'calib_max_intermediate_outputs',
      per_channel: 'calib_per_channel',
      num_bins: 'calib_num_bins',
      num_quantized_bins: 'calib_num_quantized_bins',
      percentile: 'calib_percentile',
      scenario: 'calib_scenario',
    },
  ],
  quant_pre_process: [
    'preprocess',
    {
      input_model: 'MODEL',
      output_model_path: 'output',
      ...same(['skip_optimization', 'skip_onnx_shape', 'skip_symbolic_shape', 'auto_merge']),
      ...same(['int_max', 'guess_output_rank']),
      verbose: none('Warnings are printed unless --quiet is given.'),
      ...EXTERNAL_DATA,
    },
  ],
  qnn_preprocess_model: [
    'preprocess',
    {
      ...FILES,
      ...EXTERNAL_DATA,
      ...same(['inputs_to_make_channel_last', 'outputs_to_make_channel_last']),
      exclude_initializer_from_input: 'optional_passes',
      fuse_layernorm: 'skip_passes',
      external_data_convert_attribute: none('Constants in attributes become initializers.'),
      dynamic_input_shapes: 'input_shapes',
    },
  ],
  make_dim_param_fixed: [
    'preprocess',
    { graph: 'MODEL', param_name: 'dim_params', value: 'dim_params' },
  ],
  make_input_shape_fixed: [
    'preprocess',
    { graph: 'MODEL', input_name: 'input_shapes', fixed_shape: 'input_shapes' },
  ],
  update_onnx_opset: [
    'preprocess',
    {
      model_path: 'MODEL',
      opset: 'opset_version',
      out_path: 'output',
      logger: none('Progress is printed unless --quiet is given.'),
    },
  ],
  MatMulNBitsQuantizer: [
    'nbits',
    {
      model: 'MODEL',
      ...WEIGHTS_IN_BLOCKS,
      nodes_to_exclude: 'nodes_to_exclude',
      nodes_to_include: 'nodes_to_include',
      algo_config: none('Its own algorithm, with these options, is the only one.'),
    },
  ],
  DefaultWeightOnlyQuantConfig: ['nbits', WEIGHTS_IN_BLOCKS],
  MatMulBnb4Quantizer: [
    'bnb4',
    { model: 'MODEL', ...same(['quant_type', 'block_size', 'nodes_to_exclude']) },
  ],
  'convert_float_to_float16 of onnxruntime': [
    'float16',
    {
      ...FLOAT16,
      ...same(['force_fp16_initializers', 'force_fp16_inputs']),
      ...same(['use_bfloat16_as_blocked_nodes_dtype']),
      'keep_io_types as a list': 'keep_io_names',
    },
  ],
  'convert_float_to_float16 of onnxconverter_common': [
    'float16',
    { ...FLOAT16, ...same(['check_fp16_ready']) },
  ],
  auto_convert_mixed_precision: [
    'float16',
    {
      model: 'MODEL',
      feed_dict: 'calibration_data',
      validate_fn: none('The tolerance alone decides.'),
      ...same(['rtol', 'atol', 'keep_io_types']),
    },
  ],
};

/** Keys of extra_options, of either quantizer. */
export const extraOptions = [
  ...['extra.Sigmoid.nnapi', 'ActivationSymmetric', 'ActivationRestrictedAsymmetric'],
  ...['WeightSymmetric', 'EnableSubgraph', 'ForceQuantizeNoInputCheck', 'MatMulConstBOnly'],
  ...['DefaultTensorType', 'AddQDQPairToWeight', 'OpTypesToExcludeOutputQuantization'],
  ...['DedicatedQDQPair', 'QDQOpTypePerChannelSupportToAxis', 'CalibTensorRangeSymmetric'],
  ...['CalibMovingAverage', 'CalibMovingAverageConstant', 'CalibMaxIntermediateOutputs'],
  ...['CalibPercentile', 'CalibStridedMinMax', 'QuantizeBias', 'SmoothQuant', 'SmoothQuantAlpha'],
  ...['SmoothQuantFolding', 'UseQDQContribOps', 'MinimumRealRange', 'TensorQuantOverrides'],
  ...['QDQKeepRemovableActivations', 'QDQDisableWeightAdjustForInt32Bias', 'BlockSize'],
];
