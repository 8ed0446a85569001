// A network with one layer that does not bear quantization, and samples for it.
import { f32, makeModel } from './option_effects/model_text.mjs';

/** Numbers in [-1, 1) that are the same everywhere. */
function numbers(count, seed) {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  });
}

export const COUNT = 5;
export const BAD = 2;

/**
 * Convolutions, one of which has a weight 1000 times as large as the others. It is negative: what it makes is cut off, and the
 * other channels are what is left of the layer.
 */
export function convNet() {
  const weights = {};
  const nodes = [];
  for (let i = 0; i < COUNT; ++i) {
    const values = numbers(4 * 4 * 9, i + 1).map((x) => x / 4);
    if (i === BAD) values[40] = -250;
    weights[`w${i}`] = f32([4, 4, 3, 3], values);
    nodes.push(`c${i} = Conv(r${i}, w${i}) {"pads": [1, 1, 1, 1]}`, `r${i + 1} = Relu(c${i})`);
  }
  const dims = [1, 4, 8, 8];
  return makeModel({ nodes, inputs: { r0: dims }, outputs: { [`r${COUNT}`]: dims }, weights });
}

export const images = [1, 2, 3, 4].map((seed) => ({
  r0: { dtype: 'float32', dims: [1, 4, 8, 8], data: Float32Array.from(numbers(256, seed * 77)) },
}));
