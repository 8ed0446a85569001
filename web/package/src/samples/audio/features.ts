// Sounds to a model's input: resample, scale, standardise, features, layout.
import { QuantabError } from '../../core/error.js';
import type { Tensor } from '../../core/tensor.js';
import type { ValueInfo } from '../../core/types.js';
import { tensorOf } from '../element.js';
import { invalidFile } from '../format.js';
import type { AudioSettings } from '../settings.js';
import { withRank } from '../shape.js';
import { fbank } from './fbank.js';
import { logMel, type Frames } from './log_mel.js';
import { resample } from './resample.js';
import type { Sound } from './wav.js';

/** Added to variances, so that silence stays finite. */
const LEAST_VARIANCE = 1e-7;

/** `count` values from `first` on, each `stride` from the last, brought to mean 0 and deviation 1. */
function standardize(
  values: Float32Array | Float64Array,
  first: number,
  count: number,
  stride: number,
): void {
  let mean = 0;
  for (let i = 0; i < count; ++i) mean += values[first + i * stride]! / count;
  let variance = LEAST_VARIANCE;
  for (let i = 0; i < count; ++i) variance += (values[first + i * stride]! - mean) ** 2 / count;
  const deviation = Math.sqrt(variance);
  for (let i = 0; i < count; ++i) {
    values[first + i * stride] = (values[first + i * stride]! - mean) / deviation;
  }
}

/** How many samples of the model a sound gives. Throws a QuantabError where it is to be split into pieces of no length. */
export function countPieces({ rate, samples }: Sound, settings: AudioSettings): number {
  const { split, length, samplingRate } = settings;
  if (!split) return 1;
  if (length === undefined) {
    throw new QuantabError('InvalidArgument', "'split' needs a 'length', that of a piece.");
  }
  return Math.max(1, Math.floor(Math.ceil((samples.length * samplingRate) / rate) / length));
}

/** The samples that the features are made of, or the input itself. */
function waveform({ rate, samples }: Sound, settings: AudioSettings, piece: number): Float32Array {
  const { samplingRate, scale, length, normalize, features } = settings;
  const start = piece * (length ?? 0);
  const end = length === undefined ? undefined : start + length;
  const cut = resample(samples, rate, samplingRate).slice(start, end);
  if (scale !== 1) for (let i = 0; i < cut.length; ++i) cut[i]! *= scale;
  if (normalize && features === 'waveform') standardize(cut, 0, cut.length, 1);
  if (length === undefined || cut.length === length) return cut;
  const filled = new Float32Array(length);
  filled.set(cut);
  return filled;
}

/** The values in the input's order: of all frames that are wanted, those beyond the sound being 0 before (x - mean) / std. */
function laidOut({ frames, bins, values }: Frames, settings: AudioSettings): Float64Array {
  const { mean, std, layout } = settings;
  const count = settings.frames ?? frames;
  const out = new Float64Array(count * bins);
  for (let frame = 0; frame < count; ++frame) {
    for (let bin = 0; bin < bins; ++bin) {
      const value = frame < frames ? values[frame * bins + bin]! : 0;
      out[layout === 'TF' ? frame * bins + bin : bin * count + frame] = (value - mean) / std;
    }
  }
  return out;
}

function check({
  fftLength,
  windowLength,
  highFrequency,
  lowFrequency,
  samplingRate,
}: AudioSettings) {
  const fail = (what: string): never => {
    throw new QuantabError('InvalidArgument', what);
  };
  if (windowLength > fftLength) {
    fail(`'windowLength' is ${windowLength}, longer than 'fftLength', which is ${fftLength}.`);
  }
  const high = highFrequency || samplingRate / 2;
  if (lowFrequency >= high || high > samplingRate / 2) {
    fail(
      `Frequencies from ${lowFrequency} to ${high} Hz are not within 0 to ${samplingRate / 2}, half the sampling rate.`,
    );
  }
}

/**
 * A batch of one, with as many dimensions as the input has; of the piece with this number, from 0, where the sound is split. Throws
 * a QuantabError.
 */
export function soundToTensor(
  sound: Sound,
  settings: AudioSettings,
  input: ValueInfo,
  piece = 0,
): Tensor {
  if (sound.samples.length === 0) throw invalidFile('The sound is empty. Leave it out.');
  const samples = waveform(sound, settings, piece);
  const what = `The sound for input '${input.name}'`;
  if (settings.features === 'waveform') {
    return tensorOf(input.dtype, withRank([samples.length], input), samples, what, true);
  }
  check(settings);
  const made = (settings.features === 'fbank' ? fbank : logMel)(samples, settings);
  if (settings.normalize) {
    for (let bin = 0; bin < made.bins; ++bin) standardize(made.values, bin, made.frames, made.bins);
  }
  const values = laidOut(made, settings);
  const count = settings.frames ?? made.frames;
  const dims = settings.layout === 'TF' ? [count, made.bins] : [made.bins, count];
  return tensorOf(input.dtype, withRank(dims, input), values, what, true);
}
