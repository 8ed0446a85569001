// What every entry of the package exports besides openModel.
export { QuantabError, type ErrorCode, type Place } from './error.js';
export {
  Model,
  type DynamicCall,
  type StaticCall,
  type WritableHandle,
  type WriteToOptions,
} from './model.js';
export type { OpenModel, OpenOptions } from './open.js';
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
  CallOptions,
  Comparison,
  Flavor,
  Latency,
  LogLevel,
  ModelInfo,
  NodeInfo,
  OperatorInfo,
  OutputComparison,
  Progress,
  Samples,
  Stage,
  UnsupportedNode,
  ValueInfo,
  WriteOptions,
  WrittenSizes,
} from './types.js';
export type { ExternalInput, ModelInput } from '../platform/platform.js';
export { description } from '../generated/description.js';
export type {
  CommandDescription,
  Description,
  OptionDescription,
  PositionalDescription,
} from './description.js';
export type { DynamicOptions, StaticOptions } from '../generated/options.js';
