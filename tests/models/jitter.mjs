// A model whose constants are moved by a few units of their last place, as another order of adding moves sums: running it shows how
// far rounding moves the model's outputs.
import { floatOfHalf } from './half.mjs';

const FLOAT = 1;
const FLOAT16 = 10;

/** Where messages with tensors are: field → what is in it. */
const MODEL = { 7: 'graph', 25: 'function' };
const PARTS = {
  model: MODEL,
  graph: { 1: 'node', 5: 'tensor' },
  function: { 7: 'node' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph' },
};
const TENSOR = { type: 2, floats: 4, raw: 9 };

/** The fields of a message: [number, value], a number for a varint and bytes for what has a length; others are left out. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const [number, wire] = [Math.floor(key / 8), key % 8];
    if (wire === 0) yield [number, varint()];
    else if (wire === 2) {
      const length = varint();
      yield [number, bytes.subarray(at, at + length)];
      at += length;
    } else at += wire === 1 ? 8 : 4;
  }
}

function* tensors(bytes, kind = 'model') {
  for (const [number, content] of fields(bytes)) {
    const inner = PARTS[kind][number];
    if (inner === 'tensor') yield content;
    else if (inner !== undefined) yield* tensors(content, inner);
  }
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomNumbers(seed) {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** Whole numbers stay as they are: they are counts, exponents and bounds. */
const stays = (value) => Number.isInteger(value) || !Number.isFinite(value);

/** Units of the last place, away from zero: from none to one less. In half precision a result is rounded once, and seldom summed. */
const UNITS = { single: 8, half: 2 };

function moveFloats(data, random) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let i = 0; i + 4 <= data.length; i += 4) {
    const units = Math.floor(random() * UNITS.single);
    if (stays(view.getFloat32(i, true))) continue;
    view.setUint32(i, view.getUint32(i, true) + units, true);
  }
}

function moveHalves(data, random) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let i = 0; i + 2 <= data.length; i += 2) {
    const units = Math.floor(random() * UNITS.half);
    const bits = view.getUint16(i, true);
    if (!stays(floatOfHalf(bits))) view.setUint16(i, bits + units, true);
  }
}

/** The bytes of a model whose float constants are moved, but for those in other files. */
export function jittered(model, seed) {
  const bytes = Buffer.from(model);
  const random = randomNumbers(seed);
  for (const tensor of tensors(bytes)) {
    const parts = Object.fromEntries(fields(tensor));
    const data = parts[TENSOR.raw] ?? parts[TENSOR.floats];
    if (!(data instanceof Uint8Array)) continue;
    if (parts[TENSOR.type] === FLOAT) moveFloats(data, random);
    else if (parts[TENSOR.type] === FLOAT16) moveHalves(data, random);
  }
  return bytes;
}
