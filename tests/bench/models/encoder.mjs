// An encoder of MiniLM's shape (Wang et al. 2020: 6 layers, 384 wide, 12 heads) with made-up weights, after its embeddings: the
// operators as exporters write them, not fused.
import { Network } from './network.mjs';

const LAYERS = 6;
const WIDTH = 384;
const HEADS = 12;
const INSIDE = 1536;
const TOKENS = 128;

function linear(network, x, from, to) {
  const { prefix } = network;
  const w = network.constant(`${prefix}.weight`, [from, to], Math.sqrt(1 / from));
  const b = network.constant(`${prefix}.bias`, [to], 0.02);
  network.multiplyAdds += TOKENS * from * to;
  return network.node('Add', [network.node('MatMul', [x, w]), b]);
}

function normalized(network, x) {
  const { prefix } = network;
  const scale = network.constant(`${prefix}.scale`, [WIDTH], 0.1, 1);
  const bias = network.constant(`${prefix}.shift`, [WIDTH], 0.1);
  return network.node('LayerNormalization', [x, scale, bias], { axis: -1 });
}

function attention(network, x) {
  const heads = (y, perm) =>
    network.node('Transpose', [network.node('Reshape', [y, 'split'])], { perm });
  const query = heads(linear(network, x, WIDTH, WIDTH), [0, 2, 1, 3]);
  const key = heads(linear(network, x, WIDTH, WIDTH), [0, 2, 3, 1]);
  const value = heads(linear(network, x, WIDTH, WIDTH), [0, 2, 1, 3]);
  network.multiplyAdds += 2 * TOKENS * TOKENS * WIDTH;
  const scores = network.node('Mul', [network.node('MatMul', [query, key]), 'scaling']);
  const weights = network.node('Softmax', [scores], { axis: -1 });
  const mixed = network.node('MatMul', [weights, value]);
  const joined = network.node('Transpose', [mixed], { perm: [0, 2, 1, 3] });
  return linear(network, network.node('Reshape', [joined, 'joined']), WIDTH, WIDTH);
}

/** x / 2 * (1 + erf(x / sqrt 2)) */
function gelu(network, x) {
  const erf = network.node('Erf', [network.node('Div', [x, 'root_two'])]);
  const twice = network.node('Mul', [x, network.node('Add', [erf, 'one'])]);
  return network.node('Mul', [twice, 'half']);
}

/** { bytes, multiplyAdds }. Input: [1, 128, 384]. */
export function encoder() {
  const network = new Network();
  network.integers('split', [1, TOKENS, HEADS, WIDTH / HEADS]);
  network.integers('joined', [1, TOKENS, WIDTH]);
  network.number('scaling', 1 / Math.sqrt(WIDTH / HEADS));
  network.number('root_two', Math.SQRT2);
  network.number('one', 1);
  network.number('half', 0.5);
  let x = normalized(network, 'input');
  for (let layer = 0; layer < LAYERS; ++layer) {
    x = normalized(network, network.node('Add', [x, attention(network, x)]));
    const inside = gelu(network, linear(network, x, WIDTH, INSIDE));
    x = normalized(network, network.node('Add', [x, linear(network, inside, INSIDE, WIDTH)]));
  }
  return network.finish([1, TOKENS, WIDTH], x, 17);
}
