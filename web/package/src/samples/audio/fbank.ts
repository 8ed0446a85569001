// Log mel filterbank energies as Kaldi makes them, without dither.
// https://kaldi-asr.org/doc/feat.html
import type { AudioSettings } from '../settings.js';
import { Fft } from './fft.js';
import type { Frames } from './log_mel.js';
import { windowOf } from './window.js';

/** The least energy that has a logarithm: the distance of 1 from the next 32-bit number. */
const LEAST_ENERGY = 2 ** -23;

const melOf = (hertz: number): number => 1127 * Math.log(1 + hertz / 700);

/** Triangles in mel over the bins below half the sampling rate. */
function filtersOf(settings: AudioSettings): Float64Array[] {
  const { samplingRate, fftLength, melBins, lowFrequency } = settings;
  const least = melOf(lowFrequency);
  const step = (melOf(settings.highFrequency || samplingRate / 2) - least) / (melBins + 1);
  return Array.from({ length: melBins }, (_, bin) => {
    const left = least + bin * step;
    return Float64Array.from({ length: fftLength >> 1 }, (_, k) => {
      const at = (melOf((k * samplingRate) / fftLength) - left) / step;
      return Math.max(0, Math.min(at, 2 - at));
    });
  });
}

/** One window: without its mean, high frequencies raised, faded at its ends. */
function fillBlock(
  block: Float64Array,
  samples: Float32Array,
  from: number,
  window: Float64Array,
  preemphasis: number,
): void {
  let mean = 0;
  for (let i = 0; i < window.length; ++i) mean += (samples[from + i] ?? 0) / window.length;
  let before = (samples[from] ?? 0) - mean;
  for (let i = 0; i < window.length; ++i) {
    const value = (samples[from + i] ?? 0) - mean;
    block[i] = (value - preemphasis * before) * window[i]!;
    before = value;
  }
}

/** Energies of the windows that lie wholly within the signal; of a shorter signal, of one with zeros behind it. */
export function fbank(samples: Float32Array, settings: AudioSettings): Frames {
  const { fftLength, hopLength, melBins, preemphasis } = settings;
  const window = windowOf(settings.window, settings.windowLength, false);
  const frames = 1 + Math.max(0, Math.floor((samples.length - window.length) / hopLength));
  const filters = filtersOf(settings);
  const fft = new Fft(fftLength);
  const block = new Float64Array(fftLength);
  const values = new Float64Array(frames * melBins);
  for (let frame = 0; frame < frames; ++frame) {
    fillBlock(block, samples, frame * hopLength, window, preemphasis);
    const power = fft.power(block);
    filters.forEach((filter, bin) => {
      let sum = 0;
      for (let k = 0; k < filter.length; ++k) sum += power[k]! * filter[k]!;
      values[frame * melBins + bin] = Math.log(Math.max(LEAST_ENERGY, sum));
    });
  }
  return { frames, bins: melBins, values };
}
