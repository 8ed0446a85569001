// The discrete Fourier transform of any length.

/** The smallest factor of n that is not 1. */
function factorOf(n: number): number {
  for (let p = 2; p * p <= n; ++p) if (n % p === 0) return p;
  return n;
}

/** Powers of the n-th root of unity e^(-2 pi i / n): cosines and sines. */
interface Roots {
  re: Float64Array;
  im: Float64Array;
}

function rootsOf(n: number): Roots {
  const angle = (k: number) => (-2 * Math.PI * k) / n;
  return {
    re: Float64Array.from({ length: n }, (_, k) => Math.cos(angle(k))),
    im: Float64Array.from({ length: n }, (_, k) => Math.sin(angle(k))),
  };
}

/**
 * Transforms of one length, by decimation in time over the length's prime factors:
 * X[k] = sum over x[j] e^(-2 pi i j k / n).
 */
export class Fft {
  readonly #size: number;
  readonly #roots: Roots;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  constructor(size: number) {
    this.#size = size;
    this.#roots = rootsOf(size);
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
  }

  /** |X[k]|² of real numbers for k of 0 to size / 2. */
  power(values: Float64Array): Float64Array {
    this.#transform(values, this.#size, 0, 1, 0);
    const out = new Float64Array((this.#size >> 1) + 1);
    for (let k = 0; k < out.length; ++k) out[k] = this.#re[k]! ** 2 + this.#im[k]! ** 2;
    return out;
  }

  /** The transform of `n` values from `from` on, each `stride` from the last, to `to`. */
  #transform(values: Float64Array, n: number, from: number, stride: number, to: number): void {
    if (n === 1) {
      this.#re[to] = values[from]!;
      this.#im[to] = 0;
      return;
    }
    const p = factorOf(n);
    const m = n / p;
    for (let q = 0; q < p; ++q) {
      this.#transform(values, m, from + q * stride, stride * p, to + q * m);
    }
    this.#combine(n, p, to);
  }

  /** Makes one transform of length n of the p of length n / p that lie at `to`. */
  #combine(n: number, p: number, to: number): void {
    const m = n / p;
    const step = this.#size / n;
    const { re: cos, im: sin } = this.#roots;
    const re = new Float64Array(p);
    const im = new Float64Array(p);
    for (let k = 0; k < m; ++k) {
      for (let q = 0; q < p; ++q) {
        re[q] = this.#re[to + q * m + k]!;
        im[q] = this.#im[to + q * m + k]!;
      }
      for (let r = 0; r < p; ++r) {
        let [a, b] = [0, 0];
        for (let q = 0; q < p; ++q) {
          const root = ((q * (k + r * m)) % n) * step;
          a += re[q]! * cos[root]! - im[q]! * sin[root]!;
          b += re[q]! * sin[root]! + im[q]! * cos[root]!;
        }
        this.#re[to + r * m + k] = a;
        this.#im[to + r * m + k] = b;
      }
    }
  }
}
