// WAV files: PCM of 8 to 32 bits and floating point, plain or "extensible".
// https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html
import { plainBytes } from '../../core/tensor.js';
import { invalidFile } from '../format.js';

/** Samples of one channel, from -1 to 1. */
export interface Sound {
  /** In Hz. */
  rate: number;
  /** One number for each moment. */
  samples: Float32Array;
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** Other rates are no sounds. */
const LEAST_RATE = 1000;
const MOST_RATE = 2 ** 20;

const tagAt = (view: DataView, at: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));

export function isWav(bytes: Uint8Array): boolean {
  if (bytes.length < 12) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return tagAt(view, 0) === 'RIFF' && tagAt(view, 8) === 'WAVE';
}

interface Format {
  code: number;
  channels: number;
  rate: number;
  /** Bytes of one sample of all channels, and bits of one of them. */
  frame: number;
  bits: number;
}

function formatAt(view: DataView, at: number, size: number): Format {
  if (size < 16) throw damaged();
  const code = view.getUint16(at, true);
  return {
    code: code === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : code,
    channels: view.getUint16(at + 2, true),
    rate: view.getUint32(at + 4, true),
    frame: view.getUint16(at + 12, true),
    bits: view.getUint16(at + 14, true),
  };
}

const damaged = () => invalidFile('The WAV file is damaged or truncated. Save it again.');

/** What reads one sample as a number from -1 to 1; undefined for formats that are none of these. */
function sampleReader(
  { code, bits }: Format,
  view: DataView,
): ((at: number) => number) | undefined {
  if (code === FLOAT && bits === 32) return (at) => view.getFloat32(at, true);
  if (code === FLOAT && bits === 64) return (at) => view.getFloat64(at, true);
  if (code !== PCM) return undefined;
  switch (bits) {
    case 8:
      return (at) => (view.getUint8(at) - 128) / 128;
    case 16:
      return (at) => view.getInt16(at, true) / 2 ** 15;
    case 24:
      return (at) => (view.getInt8(at + 2) * 2 ** 16 + view.getUint16(at, true)) / 2 ** 23;
    case 32:
      return (at) => view.getInt32(at, true) / 2 ** 31;
    default:
      return undefined;
  }
}

function mono(view: DataView, at: number, size: number, format: Format): Float32Array {
  const { code, channels, frame, bits } = format;
  const read = sampleReader(format, view);
  if (read === undefined) {
    throw invalidFile(
      `The WAV file has samples of format ${code} with ${bits} bits, expected PCM (1) or floating point (3). Convert it.`,
    );
  }
  if (channels === 0 || frame !== (channels * bits) / 8) throw damaged();
  const samples = new Float32Array(Math.floor(size / frame));
  for (let i = 0; i < samples.length; ++i) {
    let sum = 0;
    for (let channel = 0; channel < channels; ++channel) {
      sum += read(at + i * frame + (channel * bits) / 8);
    }
    samples[i] = sum / channels;
  }
  return samples;
}

/** The mean of a WAV file's channels. Throws a QuantabError. */
export function readWav(file: Uint8Array): Sound {
  const bytes = plainBytes(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isWav(bytes)) throw invalidFile('This is not a WAV file.');
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const tag = tagAt(view, at);
    const size = view.getUint32(at + 4, true);
    const begin = at + 8;
    if (tag === 'data') {
      if (format === undefined) throw damaged();
      // Programs that write to a pipe do not know the size beforehand.
      const there = Math.min(size, bytes.length - begin);
      return { rate: format.rate, samples: mono(view, begin, there, format) };
    }
    if (begin + size > bytes.length) throw damaged();
    if (tag === 'fmt ') {
      format = formatAt(view, begin, size);
      if (format.rate < LEAST_RATE || format.rate > MOST_RATE) throw damaged();
    }
    at = begin + size + (size % 2);
  }
  throw damaged();
}
