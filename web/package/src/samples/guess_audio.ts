// Settings of sounds: from a preprocessor_config.json, by the names of Hugging Face's feature extractors, or from name and shape.
// https://huggingface.co/docs/transformers/main_classes/feature_extractor
import type { ValueInfo } from '../core/types.js';
import { flagIn, isAudioConfig, numberIn, wholeIn, type Json } from './configs.js';
import type { AudioSettings } from './settings.js';
import { fixedDim, isFloat } from './shape.js';

const NAMES = /audio|wav|speech|sound|signal|pcm|input_values|input_features|fbank|mel/i;

/** Numbers of mel bands that models have. */
const USUAL_BINS: readonly (number | undefined)[] = [32, 40, 64, 80, 96, 128];

/** Speech models' usual settings: 25 ms windows every 10 ms at 16 kHz. */
const WAVEFORM: AudioSettings = {
  kind: 'audio',
  samplingRate: 16000,
  features: 'waveform',
  scale: 1,
  normalize: false,
  fftLength: 400,
  windowLength: 400,
  hopLength: 160,
  window: 'hann',
  melBins: 80,
  lowFrequency: 0,
  highFrequency: 0,
  melScale: 'slaney',
  log: 'whisper',
  preemphasis: 0.97,
  mean: 0,
  std: 1,
  layout: 'TF',
};

/** Kaldi's own: povey windows, bands from 20 Hz, the values of 16-bit files. */
const FBANK: AudioSettings = {
  ...WAVEFORM,
  features: 'fbank',
  scale: 32768,
  window: 'povey',
  lowFrequency: 20,
};

function whisper(config: Json, rate: number): AudioSettings {
  const fftLength = wholeIn(config, 'n_fft') ?? 400;
  const hopLength = wholeIn(config, 'hop_length') ?? 160;
  const length = wholeIn(config, 'n_samples') ?? (wholeIn(config, 'chunk_length') ?? 30) * rate;
  return {
    ...WAVEFORM,
    features: 'log-mel',
    samplingRate: rate,
    length,
    frames: Math.floor(length / hopLength),
    fftLength,
    windowLength: fftLength,
    hopLength,
    melBins: wholeIn(config, 'feature_size') ?? 80,
    layout: 'FT',
  };
}

function kaldi(config: Json, rate: number): AudioSettings {
  const isAst = config.feature_extractor_type === 'ASTFeatureExtractor';
  const bins = wholeIn(config, 'num_mel_bins') ?? wholeIn(config, 'feature_size') ?? 80;
  const windowLength = Math.round(rate * 0.025);
  const common = {
    ...FBANK,
    samplingRate: rate,
    melBins: bins,
    windowLength,
    fftLength: 2 ** Math.ceil(Math.log2(windowLength)),
    hopLength: Math.round(rate * 0.01),
  };
  const normalize = flagIn(config, 'do_normalize') ?? true;
  if (!isAst) return { ...common, normalize };
  return {
    ...common,
    scale: 1,
    window: 'hann',
    frames: wholeIn(config, 'max_length') ?? 1024,
    mean: normalize ? (numberIn(config, 'mean') ?? 0) : 0,
    std: normalize ? 2 * (numberIn(config, 'std') || 0.5) : 1,
  };
}

function fromConfig(config: Json): AudioSettings {
  const rate = wholeIn(config, 'sampling_rate') ?? 16000;
  switch (config.feature_extractor_type) {
    case 'WhisperFeatureExtractor':
      return whisper(config, rate);
    case 'ASTFeatureExtractor':
    case 'Speech2TextFeatureExtractor':
      return kaldi(config, rate);
    default:
      return {
        ...WAVEFORM,
        samplingRate: rate,
        normalize: flagIn(config, 'do_normalize') ?? false,
      };
  }
}

/** From the shape: the waveform, or features where a dimension has the size of a usual number of mel bands. */
function fromShape(input: ValueInfo): AudioSettings {
  const [before, last] = [fixedDim(input, -2), fixedDim(input, -1)];
  if (input.shape.length >= 3 && USUAL_BINS.includes(before) && !USUAL_BINS.includes(last)) {
    return {
      ...WAVEFORM,
      features: 'log-mel',
      melBins: before!,
      layout: 'FT',
      frames: last,
      length: last === undefined ? undefined : last * WAVEFORM.hopLength,
    };
  }
  if (input.shape.length >= 3 && USUAL_BINS.includes(last)) {
    return { ...FBANK, fftLength: 512, melBins: last!, frames: before };
  }
  return { ...WAVEFORM, length: last };
}

/** Settings with other features than were guessed: the usual ones of those, for the same sounds and the same shape. */
export function withFeatures(
  guess: AudioSettings,
  features: AudioSettings['features'],
): AudioSettings {
  if (guess.features === features) return guess;
  const { samplingRate, length, melBins, layout, frames } = guess;
  const windowLength = Math.round(samplingRate * 0.025);
  const usual = features === 'fbank' ? FBANK : WAVEFORM;
  return {
    ...usual,
    features,
    samplingRate,
    length,
    windowLength,
    fftLength: features === 'fbank' ? 2 ** Math.ceil(Math.log2(windowLength)) : windowLength,
    hopLength: Math.round(samplingRate * 0.01),
    ...(guess.features === 'waveform' ? {} : { melBins, layout, frames }),
  };
}

/**
 * Settings for an input that takes a sound; undefined when it seems to take none. `expected` says that there are sounds for the
 * model, or a configuration of them.
 */
export function guessAudio(
  input: ValueInfo,
  config: Json | undefined,
  expected: boolean,
): AudioSettings | undefined {
  const rank = input.shape.length;
  const isPcm = input.dtype === 'int16' && expected;
  if (!(isFloat(input) || isPcm) || !input.hasShape || rank < 1 || rank > 4) return undefined;
  if (!expected && !NAMES.test(input.name)) return undefined;
  const settings = isAudioConfig(config) ? fromConfig(config) : fromShape(input);
  if (isPcm) settings.scale = 32768;
  const fixed = fixedDim(input, -1);
  if (settings.features !== 'waveform' || fixed === undefined) return settings;
  return { ...settings, length: fixed };
}
