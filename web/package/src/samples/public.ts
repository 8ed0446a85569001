// Files to samples, and their parts. Runs anywhere: bytes in, tensors out; decoders are those of index.ts and index.node.ts.
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
export { guessPreprocess, completePreprocess, type Hints } from './guess.js';
export {
  parsePreprocess,
  type AudioSettings,
  type ImageSettings,
  type InputKind,
  type InputSettings,
  type PartialPreprocess,
  type Preprocess,
  type TensorSettings,
  type TextSettings,
} from './settings.js';
export type { Json, ModelConfigs } from './configs.js';
export { isConfigFile, isSampleFile, type ReadOptions, type SampleSet } from './read.js';
export { isLabelFile } from './labels/label_files.js';
export { readLabels, type LabelOptions, type SampleLabels } from './labels/read_labels.js';
export { classCountOf } from './labels/class_count.js';
export { unpackSamples } from './archive.js';
export type { Resample } from './resize.js';
export { IMAGE_PRESETS, type ImagePreset } from './presets.js';
export { SampleChecks } from './checks.js';
export { readWav, type Sound } from './audio/wav.js';
export { readFlac } from './audio/flac.js';
export { resample } from './audio/resample.js';
export { soundToTensor } from './audio/features.js';
export { Tokenizers, type Tokens } from './text/tokenizers.js';
