// A network with one node whose activations do not bear 8 bits, and samples for it.
import { f32, makeModel } from './option_effects/model_text.mjs';

const WIDTH = 8;

const waves = (count, step) => Array.from({ length: count }, (_, i) => Math.sin(step * (i + 1)));

/** What is to have 16 bits, and no other node. */
export const WIDE = 'm';

/** A mask puts -1000 beside scores of a few units: with 8 bits, the sum has no step that is fine enough for the scores. */
export const maskedScores = () =>
  makeModel({
    nodes: ['s = MatMul(x, w)', 'm = Add(s, mask)', 'p = Softmax(m)', 'y = MatMul(p, v)'],
    inputs: { x: [1, WIDTH] },
    outputs: { y: [1, WIDTH] },
    weights: {
      w: f32([WIDTH, WIDTH], waves(WIDTH * WIDTH, 1)),
      v: f32([WIDTH, WIDTH], waves(WIDTH * WIDTH, 3)),
      mask: f32([1, WIDTH], [0, 0, 0, 0, 0, 0, -1000, -1000]),
    },
  });

export const rows = [1, 2, 3, 4].map((seed) => ({
  x: { dtype: 'float32', dims: [1, WIDTH], data: Float32Array.from(waves(WIDTH, seed * 2.3)) },
}));
