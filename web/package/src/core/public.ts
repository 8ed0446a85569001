// What every entry of the package exports besides openModel and supportedOperators.
export { QuantabError, type ErrorCode, type Place } from './error.js';
export { Model } from './model.js';
export {
  Tensor,
  type DataByType,
  type DType,
  type TensorData,
  type TensorLike,
  type TensorMap,
} from './tensor.js';
export type {
  BenchmarkOptions,
  CalibrationSource,
  CallOptions,
  Comparison,
  ConversionOptions,
  ConvertCall,
  CoreOptions,
  DynamicCall,
  ExternalInput,
  Flavor,
  Float16Call,
  Latency,
  LogLevel,
  MeasuredRanges,
  ModelInfo,
  ModelInput,
  NodeInfo,
  OpenModel,
  OpenOptions,
  OperatorInfo,
  OutputComparison,
  PreProcessCall,
  Progress,
  Recipe,
  Samples,
  Stage,
  StaticCall,
  SupportedOperator,
  SupportedOperators,
  UnsupportedNode,
  ValueInfo,
  ValueKind,
  WorkerLike,
  WritableHandle,
  WriteOptions,
  WriteToOptions,
  WrittenSizes,
} from './types.js';
export { description } from '../generated/description.js';
export type {
  CommandDescription,
  Description,
  OptionDescription,
  PositionalDescription,
} from './description.js';
export type {
  DynamicOptions,
  Float16Options,
  PreProcessOptions,
  StaticOptions,
} from '../generated/options.js';
