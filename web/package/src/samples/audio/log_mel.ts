// Mel spectrograms as librosa makes them, on which Whisper and others were trained.
import type { AudioSettings } from '../settings.js';
import { Fft } from './fft.js';
import { windowOf } from './window.js';

/** Features of one sound: `frames` rows of `bins` values. */
export interface Frames {
  frames: number;
  bins: number;
  values: Float64Array;
}

/** What is less is silence. */
const LEAST_ENERGY = 1e-10;

/** Slaney's scale: linear below 1000 Hz, logarithmic above; 6.4 is 27 steps of it. */
const SLANEY_BREAK = 1000;
const SLANEY_LINEAR = 200 / 3;
const SLANEY_LOG = Math.log(6.4) / 27;

function toMel(hertz: number, scale: AudioSettings['melScale']): number {
  if (scale === 'htk') return 2595 * Math.log10(1 + hertz / 700);
  if (hertz < SLANEY_BREAK) return hertz / SLANEY_LINEAR;
  return SLANEY_BREAK / SLANEY_LINEAR + Math.log(hertz / SLANEY_BREAK) / SLANEY_LOG;
}

function toHertz(mel: number, scale: AudioSettings['melScale']): number {
  if (scale === 'htk') return 700 * (10 ** (mel / 2595) - 1);
  const linear = SLANEY_BREAK / SLANEY_LINEAR;
  if (mel < linear) return mel * SLANEY_LINEAR;
  return SLANEY_BREAK * Math.exp((mel - linear) * SLANEY_LOG);
}

/**
 * Triangles over the bins of a transform, evenly spaced in mel. Those of Slaney's scale have an area of 1 over Hz, those of HTK's a
 * height of 1. https://librosa.org/doc/latest/generated/librosa.filters.mel.html
 */
export function melFilters(settings: AudioSettings): Float64Array[] {
  const { samplingRate, fftLength, melBins, lowFrequency, melScale } = settings;
  const high = settings.highFrequency || samplingRate / 2;
  const [least, most] = [toMel(lowFrequency, melScale), toMel(high, melScale)];
  const edges = Array.from({ length: melBins + 2 }, (_, i) =>
    toHertz(least + ((most - least) * i) / (melBins + 1), melScale),
  );
  return Array.from({ length: melBins }, (_, bin) => {
    const [left, centre, right] = edges.slice(bin, bin + 3) as [number, number, number];
    const height = melScale === 'slaney' ? 2 / (right - left) : 1;
    return Float64Array.from({ length: (fftLength >> 1) + 1 }, (_, k) => {
      const hertz = (k * samplingRate) / fftLength;
      const slope = Math.min((hertz - left) / (centre - left), (right - hertz) / (right - centre));
      return Math.max(0, slope) * height;
    });
  });
}

/** The index of a signal of `size` that is mirrored at its ends. */
function mirrored(index: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const at = ((index % period) + period) % period;
  return at < size ? at : period - at;
}

function compress(values: Float64Array, log: AudioSettings['log']): void {
  const scale = { whisper: 1, log10: 1, db: 10, ln: Math.LN10 }[log];
  let most = -Infinity;
  for (let i = 0; i < values.length; ++i) {
    values[i] = Math.log10(Math.max(LEAST_ENERGY, values[i]!)) * scale;
    most = Math.max(most, values[i]!);
  }
  if (log !== 'whisper') return;
  for (let i = 0; i < values.length; ++i) values[i] = (Math.max(values[i]!, most - 8) + 4) / 4;
}

/**
 * Log mel energies of windows around every `hopLength`-th sample, the signal being mirrored at its ends; `settings.frames` of
 * them where that is set. As WhisperFeatureExtractor makes them with its settings.
 */
export function logMel(samples: Float32Array, settings: AudioSettings): Frames {
  const { fftLength, hopLength, melBins } = settings;
  const there = 1 + Math.floor(samples.length / hopLength);
  const frames = settings.frames ?? there;
  const window = windowOf(settings.window, settings.windowLength, true);
  const start = (fftLength - window.length) >> 1;
  const filters = melFilters(settings);
  const fft = new Fft(fftLength);
  const block = new Float64Array(fftLength);
  const values = new Float64Array(frames * melBins);
  for (let frame = 0; frame < Math.min(frames, there); ++frame) {
    const first = frame * hopLength - (fftLength >> 1) + start;
    for (let i = 0; i < window.length; ++i) {
      block[start + i] = window[i]! * samples[mirrored(first + i, samples.length)]!;
    }
    const power = fft.power(block);
    filters.forEach((filter, bin) => {
      let sum = 0;
      for (let k = 0; k < power.length; ++k) sum += power[k]! * filter[k]!;
      values[frame * melBins + bin] = sum;
    });
  }
  compress(values, settings.log);
  return { frames, bins: melBins, values };
}
