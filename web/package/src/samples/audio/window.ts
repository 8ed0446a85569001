// Windows of short transforms.
import type { AudioSettings } from '../settings.js';

/**
 * 'hann', 'hamming' or Kaldi's 'povey' (a hann window to the power of 0.85). A periodic window is one of length + 1 without its
 * last value.
 */
export function windowOf(
  name: AudioSettings['window'],
  length: number,
  periodic: boolean,
): Float64Array {
  const period = Math.max(1, periodic ? length : length - 1);
  return Float64Array.from({ length }, (_, i) => {
    const cosine = Math.cos((2 * Math.PI * i) / period);
    if (name === 'hamming') return 0.54 - 0.46 * cosine;
    const hann = 0.5 - 0.5 * cosine;
    return name === 'povey' ? hann ** 0.85 : hann;
  });
}
