// MobileNetV2 (Sandler et al. 2018, table 2) with made-up weights: as many nodes and bytes as the real one, BatchNormalization folded.
import { Network } from './network.mjs';

/** Expansion, channels, blocks, stride of the first. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

const clipped = (network, x, ...layer) =>
  network.node('Clip', [network.conv(x, ...layer), 'zero', 'six']);

function block(network, x, from, to, expansion, stride) {
  const wide = from * expansion;
  let y = expansion === 1 ? x : clipped(network, x, from, wide);
  y = clipped(network, y, wide, wide, { kernel: 3, stride, group: wide });
  y = network.conv(y, wide, to);
  return stride === 1 && from === to ? network.node('Add', [x, y]) : y;
}

/** { bytes, multiplyAdds }. Input: [1, 3, 224, 224]. */
export function mobileNetV2() {
  const network = new Network(224);
  network.number('zero', 0);
  network.number('six', 6);
  let channels = 32;
  let x = clipped(network, 'input', 3, channels, { kernel: 3, stride: 2 });
  for (const [expansion, to, blocks, first] of STAGES) {
    for (let i = 0; i < blocks; ++i) {
      x = block(network, x, channels, to, expansion, i === 0 ? first : 1);
      channels = to;
    }
  }
  const last = clipped(network, x, channels, 1280);
  return network.finish([1, 3, 224, 224], network.classifier(last, 1280, 1000), 13);
}
