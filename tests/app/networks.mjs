// Small networks of sounds and texts, with samples for them.
import { fixture } from '../package/samples_lib.mjs';
import { makeModel } from './models.mjs';

/** Samples of one channel, from -1 to 1, as a WAV file of 16 bits. */
export function wavOf(samples, rate) {
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(2 * rate, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((value, i) => bytes.writeInt16LE(Math.round(32767 * value), 44 + 2 * i));
  return bytes;
}

/** Tones that rise, each differently, `seconds` long. */
export const tones = (count, rate, seconds) =>
  Array.from({ length: count }, (_, k) => {
    const samples = Array.from({ length: Math.round(rate * seconds) }, (_, i) => {
      const t = i / rate;
      return 0.7 * Math.sin(2 * Math.PI * (200 + 150 * k + (1000 * t) / seconds) * t);
    });
    return { name: `tone${k}.wav`, bytes: wavOf(samples, rate) };
  });

/** Weights from -1 to 1, by a linear congruential generator. */
function weight(dims, seed) {
  let state = seed;
  const values = Array.from({ length: dims.reduce((a, b) => a * b) }, () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 31 - 1;
  });
  return { dims, values };
}

/** Takes 1600 samples of a sound and gives scores of four kinds: two convolutions, a mean over time and a product. */
export const SOUND_NETWORK = makeModel({
  inputs: [{ name: 'waveform', dims: ['batch', 1, 1600] }],
  outputs: [{ name: 'scores', dims: ['batch', 4] }],
  weights: { w1: weight([8, 1, 16], 1), w2: weight([8, 8, 8], 2), w3: weight([8, 4], 3) },
  nodes: [
    { type: 'Conv', inputs: ['waveform', 'w1'], outputs: ['c1'] },
    { type: 'Relu', inputs: ['c1'], outputs: ['r1'] },
    { type: 'Conv', inputs: ['r1', 'w2'], outputs: ['c2'] },
    { type: 'Relu', inputs: ['c2'], outputs: ['r2'] },
    { type: 'GlobalAveragePool', inputs: ['r2'], outputs: ['mean'] },
    { type: 'Flatten', inputs: ['mean'], outputs: ['flat'] },
    { type: 'MatMul', inputs: ['flat', 'w3'], outputs: ['scores'] },
  ],
});

const { tokenizer } = fixture('tokens').WordPiece;
export const TOKENIZER = { name: 'tokenizer.json', bytes: Buffer.from(JSON.stringify(tokenizer)) };
export const LINES = [
  'The quick brown fox jumps over the lazy dog.',
  'Where is the fox?',
  'A range is measured on samples.',
  'Some tens of samples are enough.',
  'Tokens are pieces of words.',
  'Words are pieces of texts.',
  'There is a scale and a zero point.',
  'Real numbers become integers of eight bits.',
  'The dog is lazy, the fox is quick.',
  'Where there is a point, there is a range.',
  'Yes.',
  'Samples of texts are enough for some words, and for the ranges of some numbers.',
];

/** Features of a token. */
const WIDTH = 16;
const VOCABULARY = Object.keys(tokenizer.model.vocab).length;
const FLOAT = 1;

/** Tokens of a text and which of them count, to features of each token: one layer of attention, and two of products. */
export const TEXT_NETWORK = makeModel({
  inputs: [
    { name: 'input_ids', dims: ['batch', 'sequence'], int64: true },
    { name: 'attention_mask', dims: ['batch', 'sequence'], int64: true },
  ],
  outputs: [{ name: 'features', dims: ['batch', 'sequence', WIDTH] }],
  weights: {
    embeddings: weight([VOCABULARY, WIDTH], 4),
    wq: weight([WIDTH, WIDTH], 5),
    wk: weight([WIDTH, WIDTH], 6),
    wv: weight([WIDTH, WIDTH], 7),
    w1: weight([WIDTH, 4 * WIDTH], 8),
    w2: weight([4 * WIDTH, WIDTH], 9),
  },
  constants: { one: 1, far: -10000, axis: [1], root: 0.25 },
  nodes: [
    { type: 'Gather', inputs: ['embeddings', 'input_ids'], outputs: ['x'] },
    { type: 'Cast', inputs: ['attention_mask'], outputs: ['mask'], attributes: { to: FLOAT } },
    { type: 'Sub', inputs: ['one', 'mask'], outputs: ['absent'] },
    { type: 'Mul', inputs: ['absent', 'far'], outputs: ['bias'] },
    { type: 'Unsqueeze', inputs: ['bias', 'axis'], outputs: ['biases'] },
    { type: 'MatMul', name: 'query', inputs: ['x', 'wq'], outputs: ['q'] },
    { type: 'MatMul', name: 'key', inputs: ['x', 'wk'], outputs: ['k'] },
    { type: 'MatMul', name: 'value', inputs: ['x', 'wv'], outputs: ['v'] },
    { type: 'Transpose', inputs: ['k'], outputs: ['kt'], attributes: { perm: [0, 2, 1] } },
    { type: 'MatMul', inputs: ['q', 'kt'], outputs: ['product'] },
    { type: 'Mul', inputs: ['product', 'root'], outputs: ['scaled'] },
    { type: 'Add', inputs: ['scaled', 'biases'], outputs: ['attention'] },
    { type: 'Softmax', inputs: ['attention'], outputs: ['shares'] },
    { type: 'MatMul', inputs: ['shares', 'v'], outputs: ['mixed'] },
    { type: 'Add', inputs: ['x', 'mixed'], outputs: ['sum'] },
    { type: 'MatMul', inputs: ['sum', 'w1'], outputs: ['h'] },
    { type: 'Relu', inputs: ['h'], outputs: ['a'] },
    { type: 'MatMul', inputs: ['a', 'w2'], outputs: ['out'] },
    { type: 'Add', name: 'last', inputs: ['sum', 'out'], outputs: ['features'] },
  ],
});
