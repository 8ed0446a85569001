// A network that is written layer by layer, with made-up weights: the same every time.
import { modelBytes } from '../../fuzz/graphs/model.mjs';

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

const product = (dims) => dims.reduce((a, b) => a * b, 1);

export class Network {
  #initializers = [];
  #nodes = [];
  #normal = normals(1);
  /** Height and width of images, by value. */
  #sizes = new Map();
  /** Of all layers so far, for one run. */
  multiplyAdds = 0;

  /** `size`: height and width of 'input', for images. */
  constructor(size) {
    this.#sizes.set('input', size);
  }

  /** A constant of normal numbers times `scale`, plus `middle`. */
  constant(name, dims, scale, middle = 0) {
    const data = Float32Array.from({ length: product(dims) }, () =>
      Math.fround(this.#normal() * scale + middle),
    );
    return this.#add({ name, dtype: 'float32', dims, data });
  }

  number(name, value) {
    return this.#add({ name, dtype: 'float32', dims: [], data: Float32Array.of(value) });
  }

  integers(name, values) {
    const data = BigInt64Array.from(values, BigInt);
    return this.#add({ name, dtype: 'int64', dims: [values.length], data });
  }

  #add(initializer) {
    this.#initializers.push(initializer);
    return initializer.name;
  }

  /** What weights of the next layer are called. */
  get prefix() {
    return `layer_${this.#nodes.length}`;
  }

  node(op, inputs, attributes = {}) {
    const name = `${op.toLowerCase()}_${this.#nodes.length}`;
    const output = `${name}_output`;
    this.#nodes.push({ op, name, inputs, outputs: [output], attributes });
    this.#sizes.set(output, this.#sizes.get(inputs[0]));
    return output;
  }

  /** A node that slides a window of `kernel` over images. */
  #slide(op, inputs, kernel, stride, attributes = {}) {
    const pad = kernel >> 1;
    const output = this.node(op, inputs, {
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
      ...attributes,
    });
    const size = Math.floor((this.#sizes.get(inputs[0]) + 2 * pad - kernel) / stride) + 1;
    this.#sizes.set(output, size);
    return output;
  }

  maxPool(x, kernel, stride) {
    return this.#slide('MaxPool', [x], kernel, stride);
  }

  conv(x, from, to, { kernel = 1, stride = 1, group = 1 } = {}) {
    const { prefix } = this;
    const fanIn = (from / group) * kernel * kernel;
    const dims = [to, from / group, kernel, kernel];
    const w = this.constant(`${prefix}.weight`, dims, Math.sqrt(2 / fanIn));
    const b = this.constant(`${prefix}.bias`, [to], 0.1);
    const y = this.#slide('Conv', [x, w, b], kernel, stride, { dilations: [1, 1], group });
    this.multiplyAdds += product(dims) * this.#sizes.get(y) ** 2;
    return y;
  }

  /** The mean over the image and a layer of `classes`. */
  classifier(x, from, classes) {
    const pooled = this.node('Flatten', [this.node('GlobalAveragePool', [x])], { axis: 1 });
    const w = this.constant('classifier.weight', [classes, from], Math.sqrt(1 / from));
    const b = this.constant('classifier.bias', [classes], 0.1);
    this.multiplyAdds += classes * from;
    return this.node('Gemm', [pooled, w, b], { transB: 1 });
  }

  /** The model's file, and what a run of it takes; `shape` is that of 'input'. */
  finish(shape, output, opset) {
    const bytes = modelBytes({
      opset,
      inputs: [{ name: 'input', dtype: 'float32', declared: shape }],
      initializers: this.#initializers,
      nodes: this.#nodes,
      outputs: [{ name: output, dtype: 'float32' }],
    });
    return { bytes, multiplyAdds: this.multiplyAdds };
  }
}
