// Another sampling rate, by a windowed sinc.

/** Zero crossings of the sinc on each side, and where it cuts off, as a share of the lower rate's half. */
const WIDTH = 6;
const ROLLOFF = 0.99;

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** The weights for one position between two samples: the first sample relative to the one before, and its successors. */
interface Taps {
  first: number;
  weights: Float64Array;
}

/** sinc(t) cos²(pi t / (2 WIDTH)), t in periods of the cut-off, for a position `offset` samples after a sample. */
function tapsFor(offset: number, cutoff: number): Taps {
  const reach = WIDTH / cutoff;
  const first = Math.ceil(offset - reach);
  const last = Math.floor(offset + reach);
  const weights = Float64Array.from({ length: last - first + 1 }, (_, i) => {
    const t = (first + i - offset) * cutoff;
    const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
    return sinc * Math.cos((Math.PI * t) / WIDTH / 2) ** 2 * cutoff;
  });
  return { first, weights };
}

/**
 * `samples` of rate `from` at rate `to` (Hz, whole numbers): ceil(length to / from) of them. Formula and defaults are those of
 * torchaudio.functional.resample ('sinc_interp_hann', lowpass_filter_width 6, rolloff 0.99).
 * https://ccrma.stanford.edu/~jos/resample/
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples;
  const divisor = gcd(from, to);
  const [down, up] = [from / divisor, to / divisor];
  const cutoff = (Math.min(down, up) * ROLLOFF) / down;
  // The positions between samples repeat after `up` of them.
  const phases = new Map<number, Taps>();
  const out = new Float32Array(Math.ceil((samples.length * up) / down));
  for (let i = 0; i < out.length; ++i) {
    const base = Math.floor((i * down) / up);
    const phase = (i * down) % up;
    let taps = phases.get(phase);
    if (taps === undefined) {
      taps = tapsFor(phase / up, cutoff);
      phases.set(phase, taps);
    }
    const { first, weights } = taps;
    const begin = Math.max(0, -(base + first));
    const end = Math.min(weights.length, samples.length - base - first);
    let sum = 0;
    for (let j = begin; j < end; ++j) sum += weights[j]! * samples[base + first + j]!;
    out[i] = sum;
  }
  return out;
}
