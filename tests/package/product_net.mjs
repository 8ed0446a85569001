// A network of products with one layer whose weights do not bear few bits, and samples for it.
import { f32, makeModel } from './option_effects/model_text.mjs';

const WIDTH = 32;
export const COUNT = 4;
export const BAD = 2;

/** Numbers in [-1, 1) that are the same everywhere. */
function numbers(count, seed) {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return state / 2 ** 30 - 1;
  });
}

/**
 * The bad one has, in the first place of each column, a weight 100 times as large as the others. What reads that place is always zero,
 * so that it counts for nothing in float, while the others of its block have no step of few bits.
 */
export function productNet() {
  const mask = Array.from({ length: WIDTH }, (_, i) => (i === 0 ? 0 : 1));
  const weights = { mask: f32([WIDTH], mask) };
  const nodes = [];
  for (let i = 0; i < COUNT; ++i) {
    const values = numbers(WIDTH * WIDTH, i + 1).map((x) => x / 4);
    weights[`w${i}`] = f32([WIDTH, WIDTH], i === BAD ? values.fill(25, 0, WIDTH) : values);
    nodes.push(`m${i} = Mul(p${i}, mask)`, `p${i + 1} = MatMul(m${i}, w${i})`);
  }
  const dims = [1, WIDTH];
  return makeModel({ nodes, inputs: { p0: dims }, outputs: { [`p${COUNT}`]: dims }, weights });
}

/** The name of its node, and of what it makes. */
export const BAD_NODE = `p${BAD + 1}`;

export const rows = [1, 2, 3, 4].map((seed) => ({
  p0: { dtype: 'float32', dims: [1, WIDTH], data: Float32Array.from(numbers(WIDTH, seed * 77)) },
}));
