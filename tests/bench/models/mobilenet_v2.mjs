// MobileNetV2 (Sandler et al. 2018, table 2) with made-up weights: as many nodes and bytes as the real one, BatchNormalization folded.
import { modelBytes } from '../../fuzz/graphs/model.mjs';

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

/** Numbers from 0 to 1, the same every time. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Standard normal numbers. */
export function normals(seed) {
  const next = numbers(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

class Network {
  initializers = [];
  nodes = [];
  #normal = normals(1);

  #constant(name, dims, scale) {
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () =>
      Math.fround(this.#normal() * scale),
    );
    this.initializers.push({ name, dtype: 'float32', dims, data });
    return name;
  }

  #node(op, inputs, attributes = {}) {
    const name = `${op.toLowerCase()}_${this.nodes.length}`;
    this.nodes.push({ op, name, inputs, outputs: [`${name}_output`], attributes });
    return `${name}_output`;
  }

  conv(x, from, to, { kernel = 1, stride = 1, group = 1, clip = true } = {}) {
    const prefix = `layer_${this.nodes.length}`;
    const fanIn = (from / group) * kernel * kernel;
    const weight = [to, from / group, kernel, kernel];
    const w = this.#constant(`${prefix}.weight`, weight, Math.sqrt(2 / fanIn));
    const b = this.#constant(`${prefix}.bias`, [to], 0.1);
    const pad = kernel >> 1;
    const y = this.#node('Conv', [x, w, b], {
      dilations: [1, 1],
      group,
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    });
    return clip ? this.#node('Clip', [y, 'zero', 'six']) : y;
  }

  block(x, from, to, expansion, stride) {
    const wide = from * expansion;
    let y = expansion === 1 ? x : this.conv(x, from, wide);
    y = this.conv(y, wide, wide, { kernel: 3, stride, group: wide });
    y = this.conv(y, wide, to, { clip: false });
    return stride === 1 && from === to ? this.#node('Add', [x, y]) : y;
  }

  head(x, from, classes) {
    const pooled = this.#node('Flatten', [this.#node('GlobalAveragePool', [x])], { axis: 1 });
    const w = this.#constant('classifier.weight', [classes, from], Math.sqrt(1 / from));
    const b = this.#constant('classifier.bias', [classes], 0.1);
    return this.#node('Gemm', [pooled, w, b], { transB: 1 });
  }
}

/** The model's file. Input: [1, 3, 224, 224]. */
export function mobileNetV2() {
  const network = new Network();
  for (const [name, value] of [
    ['zero', 0],
    ['six', 6],
  ]) {
    network.initializers.push({ name, dtype: 'float32', dims: [], data: Float32Array.of(value) });
  }
  let channels = 32;
  let x = network.conv('input', 3, channels, { kernel: 3, stride: 2 });
  for (const [expansion, to, blocks, first] of STAGES) {
    for (let i = 0; i < blocks; ++i) {
      x = network.block(x, channels, to, expansion, i === 0 ? first : 1);
      channels = to;
    }
  }
  const y = network.head(network.conv(x, channels, 1280), 1280, 1000);
  return modelBytes({
    opset: 13,
    inputs: [{ name: 'input', dtype: 'float32', declared: [1, 3, 224, 224] }],
    initializers: network.initializers,
    nodes: network.nodes,
    outputs: [{ name: y, dtype: 'float32' }],
  });
}
