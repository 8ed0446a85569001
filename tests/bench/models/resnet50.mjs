// ResNet-50 v1.5 (He et al. 2015, table 1; the stride in the 3x3 layers) with made-up weights, BatchNormalization folded.
import { Network } from './network.mjs';

/** Channels inside, blocks, stride of the first. */
const STAGES = [
  [64, 3, 1],
  [128, 4, 2],
  [256, 6, 2],
  [512, 3, 2],
];
const EXPANSION = 4;

function block(network, x, from, inside, stride) {
  const to = inside * EXPANSION;
  const relu = (y) => network.node('Relu', [y]);
  let y = relu(network.conv(x, from, inside));
  y = relu(network.conv(y, inside, inside, { kernel: 3, stride }));
  y = network.conv(y, inside, to);
  const straight = from === to && stride === 1 ? x : network.conv(x, from, to, { stride });
  return relu(network.node('Add', [y, straight]));
}

/** { bytes, multiplyAdds }. Input: [1, 3, 224, 224]. */
export function resNet50() {
  const network = new Network(224);
  let channels = 64;
  let x = network.node('Relu', [network.conv('input', 3, channels, { kernel: 7, stride: 2 })]);
  x = network.maxPool(x, 3, 2);
  for (const [inside, blocks, first] of STAGES) {
    for (let i = 0; i < blocks; ++i) {
      x = block(network, x, channels, inside, i === 0 ? first : 1);
      channels = inside * EXPANSION;
    }
  }
  return network.finish([1, 3, 224, 224], network.classifier(x, channels, 1000), 13);
}
