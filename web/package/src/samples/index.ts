// Files and pictures to tensors. Runs anywhere: bytes in, tensors out.
export { imageOptionsFor, imageToTensor, type ImageOptions, type Pixels } from './image.js';
export {
  formatOf,
  groupSamples,
  readTensors,
  type PendingSample,
  type SampleFile,
} from './group.js';
export type { NamedTensors, SampleFormat } from './format.js';
export { readNpy, writeNpy } from './formats/npy.js';
export { readNpz } from './formats/npz.js';
export { readTensorProto } from './formats/pb.js';
