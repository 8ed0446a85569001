// FLAC files: every sample as it was before compression, at its own rate.
// https://www.rfc-editor.org/rfc/rfc9639
import { plainBytes } from '../../core/tensor.js';
import { invalidFile } from '../format.js';
import { BitReader } from './bits.js';
import type { Sound } from './wav.js';

const MARKER = 0x664c6143;
const STREAMINFO = 0;
/** What a frame begins with. */
const SYNC = 0x3ffe;
const LAST_BLOCK = 0x80;
/** A few bytes can stand for a long silence: longer sounds are refused before they take the memory. */
const MOST_SAMPLES = 2 ** 28;
/** Other rates are no sounds. */
const LEAST_RATE = 1000;

/** Bits of a sample, by a frame's code; 0 means those of the stream, undefined that there is no such code. */
const SIZES = [0, 8, 12, undefined, 16, 20, 24, 32] as const;

/** What the samples of two channels are, by a frame's code; below it, each channel is by itself. */
const LEFT_SIDE = 8;
const SIDE_RIGHT = 9;
const MID_SIDE = 10;

/** The predictors that need no coefficients: from the newest sample to the oldest. */
const FIXED = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]] as const;

const damaged = () => invalidFile('The FLAC file is damaged or truncated. Save it again.');

export function isFlac(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new BitReader(bytes, damaged).bits(32) === MARKER;
}

interface Stream {
  rate: number;
  channels: number;
  bits: number;
  /** Of each channel; 0 when it is not known. */
  samples: number;
}

function readStreamInfo(reader: BitReader): Stream {
  reader.skip(2 + 2 + 3 + 3);
  const rate = reader.bits(20);
  const channels = reader.bits(3) + 1;
  const bits = reader.bits(5) + 1;
  const samples = reader.bits(36);
  reader.skip(16);
  if (rate < LEAST_RATE || bits < 4) throw damaged();
  return { rate, channels, bits, samples };
}

/** The description of the stream; the reader is left at the first frame. */
function readHead(reader: BitReader): Stream {
  if (reader.bits(32) !== MARKER) throw invalidFile('This is not a FLAC file.');
  let stream: Stream | undefined;
  for (let head = 0; !(head & LAST_BLOCK);) {
    head = reader.bits(8);
    const size = reader.bits(24);
    if ((head & 127) === STREAMINFO && size === 34) stream = readStreamInfo(reader);
    else reader.skip(size);
  }
  if (stream === undefined) throw damaged();
  return stream;
}

/** The numbers that a prediction is wrong by, behind the first `order` of `out`. */
function readResidual(reader: BitReader, out: Float64Array, order: number): void {
  const method = reader.bits(2);
  if (method > 1) throw damaged();
  const width = method === 0 ? 4 : 5;
  const escape = 2 ** width - 1;
  const partitions = 2 ** reader.bits(4);
  const size = out.length / partitions;
  if (!Number.isInteger(size) || size < order) throw damaged();
  for (let partition = 0; partition < partitions; ++partition) {
    const first = partition === 0 ? order : partition * size;
    const end = (partition + 1) * size;
    const parameter = reader.bits(width);
    if (parameter === escape) {
      const bits = reader.bits(5);
      for (let i = first; i < end; ++i) out[i] = reader.signed(bits);
    } else {
      for (let i = first; i < end; ++i) out[i] = reader.rice(parameter);
    }
  }
}

/** Adds to each number what its predecessors predict. Sums are below 2^53. */
function predict(out: Float64Array, coefficients: readonly number[], shift: number): void {
  const order = coefficients.length;
  const unit = 2 ** shift;
  for (let i = order; i < out.length; ++i) {
    let sum = 0;
    for (let j = 0; j < order; ++j) sum += coefficients[j]! * out[i - 1 - j]!;
    out[i]! += Math.floor(sum / unit);
  }
}

function readPredicted(reader: BitReader, out: Float64Array, type: number, bits: number): void {
  const isFixed = type < 32;
  const order = isFixed ? type & 7 : (type & 31) + 1;
  if (order > out.length) throw damaged();
  for (let i = 0; i < order; ++i) out[i] = reader.signed(bits);
  let coefficients: readonly number[];
  let shift = 0;
  if (isFixed) coefficients = FIXED[order as 0 | 1 | 2 | 3 | 4];
  else {
    const precision = reader.bits(4) + 1;
    shift = reader.signed(5);
    if (precision === 16 || shift < 0) throw damaged();
    coefficients = Array.from({ length: order }, () => reader.signed(precision));
  }
  readResidual(reader, out, order);
  predict(out, coefficients, shift);
}

/** One channel of a frame. */
function readSubframe(reader: BitReader, count: number, bits: number): Float64Array {
  if (reader.bits(1) !== 0) throw damaged();
  const type = reader.bits(6);
  const wasted = reader.bits(1) === 0 ? 0 : reader.unary() + 1;
  const left = bits - wasted;
  if (left < 1) throw damaged();
  const out = new Float64Array(count);
  if (type === 0) out.fill(reader.signed(left));
  else if (type === 1) for (let i = 0; i < count; ++i) out[i] = reader.signed(left);
  else if ((type >= 8 && type <= 12) || type >= 32) readPredicted(reader, out, type, left);
  else throw damaged();
  if (wasted > 0) for (let i = 0; i < count; ++i) out[i]! *= 2 ** wasted;
  return out;
}

/** Two channels of which one is their difference, or one their mean, as left and right. */
function toLeftAndRight([a, b]: readonly [Float64Array, Float64Array], code: number): void {
  for (let i = 0; i < a.length; ++i) {
    const [x, y] = [a[i]!, b[i]!];
    if (code === LEFT_SIDE) b[i] = x - y;
    else if (code === SIDE_RIGHT) a[i] = x + y;
    else {
      // The mean has lost the bit that the difference still has.
      const sum = 2 * x + (y & 1);
      a[i] = (sum + y) / 2;
      b[i] = (sum - y) / 2;
    }
  }
}

/** Samples in a block, by a frame's code; some are behind the head. */
function blockSize(code: number, reader: BitReader): number {
  if (code === 0) throw damaged();
  if (code === 1) return 192;
  if (code <= 5) return 144 * 2 ** code;
  if (code === 6) return reader.bits(8) + 1;
  if (code === 7) return reader.bits(16) + 1;
  return 2 ** code;
}

/** The channels of a frame as whole numbers. */
function readFrame(reader: BitReader, stream: Stream): { channels: Float64Array[]; bits: number } {
  const start = reader.byte;
  if (reader.bits(14) !== SYNC) throw damaged();
  reader.bits(2);
  const sizeCode = reader.bits(4);
  const rateCode = reader.bits(4);
  const layout = reader.bits(4);
  const bits = SIZES[reader.bits(3) as 0];
  if (layout > MID_SIDE || bits === undefined || reader.bits(1) !== 0) throw damaged();
  reader.skipCodedNumber();
  const count = blockSize(sizeCode, reader);
  // The rate is that of the stream; where it is said again it is passed over.
  if (rateCode === 12) reader.bits(8);
  else if (rateCode === 13 || rateCode === 14) reader.bits(16);
  reader.bits(8);
  const size = bits || stream.bits;
  const isPair = layout >= LEFT_SIDE;
  const channels = Array.from({ length: isPair ? 2 : layout + 1 }, (_, channel) => {
    const isSide = isPair && channel === (layout === SIDE_RIGHT ? 0 : 1);
    return readSubframe(reader, count, size + (isSide ? 1 : 0));
  });
  if (isPair) toLeftAndRight(channels as [Float64Array, Float64Array], layout);
  reader.align();
  const sum = reader.checksum(start);
  if (reader.bits(16) !== sum || channels.length !== stream.channels) throw damaged();
  return { channels, bits: size };
}

/** The mean of the channels of a frame, from -1 to 1. */
function mono(channels: readonly Float64Array[], bits: number): Float32Array {
  const unit = channels.length * 2 ** (bits - 1);
  return Float32Array.from(channels[0]!, (_, i) => {
    let sum = 0;
    for (const channel of channels) sum += channel[i]!;
    return sum / unit;
  });
}

/** The mean of a FLAC file's channels. Throws a QuantabError. */
export function readFlac(file: Uint8Array): Sound {
  const reader = new BitReader(plainBytes(file), damaged);
  const stream = readHead(reader);
  const blocks: Float32Array[] = [];
  let count = 0;
  // Programs that write to a pipe do not know the number beforehand; others may put tags behind the last frame.
  while (stream.samples === 0 ? !reader.done : count < stream.samples) {
    const { channels, bits } = readFrame(reader, stream);
    const block = mono(channels, bits);
    count += block.length;
    if (count > MOST_SAMPLES) throw invalidFile('The FLAC file is too long. Cut it.');
    blocks.push(block);
  }
  const samples = new Float32Array(count);
  let at = 0;
  for (const block of blocks) {
    samples.set(block, at);
    at += block.length;
  }
  return { rate: stream.rate, samples };
}
