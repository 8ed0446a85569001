// A graph under construction: operators take values from it and add their nodes to it.
import { countOf, encode, isFloat } from './dtypes.mjs';
import { fill } from './fill.mjs';
import { settle } from './ranges.mjs';

/** No tensor has more elements than this when it is made; operators may make some more of it. */
const MOST_ELEMENTS = 2000;

const DIMS = [
  [20, 1],
  [26, 2],
  [20, 3],
  [10, 4],
  [8, 5],
  [4, 7],
  [4, 8],
  [3, 9],
  [2, 16],
  [2, 17],
  [1, 33],
];

/** Sizes on either side of what is computed at a time, for graphs that are `large`. */
const LARGE_DIMS = [31, 32, 33, 63, 64, 65, 100];

/** How often each type is taken where an operator leaves the choice. */
const WEIGHTS = { float32: 20, int64: 6, int32: 5, bool: 3, uint8: 3, int8: 3, float16: 2 };

/** What a value may be, as take() is asked for it. */
const matches = (value, want) =>
  value.dims !== undefined &&
  want.types.includes(value.dtype) &&
  value.dims.length >= want.rank[0] &&
  value.dims.length <= want.rank[1] &&
  (!want.dims || String(value.dims) === String(want.dims)) &&
  (!want.same || value.same) &&
  (!want.exact || (value.unit > 0 && value.same)) &&
  value.low >= (want.low ?? -Infinity) &&
  value.high <= (want.high ?? Infinity) &&
  (!value.special || want.special) &&
  (!want.test || want.test(value));

export class Builder {
  nodes = [];
  initializers = [];
  /** Of the outermost graph only: { name, dtype, declared }, and the tensors to give it. */
  inputs = [];
  feeds = {};
  #values = [];
  #parent;
  #counter;

  constructor(choices, opset, parent) {
    this.choices = choices;
    this.opset = opset;
    this.#parent = parent;
    this.#counter = parent?.counter ?? { next: 0 };
    this.empties = parent?.empties ?? choices.chance(8);
    this.large = parent?.large ?? choices.chance(6);
    /** Every value by name, also those of inner graphs. */
    this.known = parent?.known ?? new Map();
  }

  get counter() {
    return this.#counter;
  }

  get depth() {
    return this.#parent ? this.#parent.depth + 1 : 0;
  }

  /** A graph for an attribute, in which this one's values can be used. */
  inner() {
    return new Builder(this.choices, this.opset, this);
  }

  values() {
    return [...(this.#parent?.values() ?? []), ...this.#values];
  }

  name(prefix = 'v') {
    return `${prefix}${this.#counter.next++}`;
  }

  /** Puts a value where operators find it. */
  add(value) {
    this.#values.push(value);
    this.known.set(value.name, value);
    return value;
  }

  // --- decisions that many operators make -----------------------------------------------------

  type(types) {
    return this.choices.weighted(types.map((type) => [WEIGHTS[type] ?? 1, type]));
  }

  dim() {
    if (this.empties && this.choices.chance(15)) return 0;
    if (this.large && this.choices.chance(25)) return this.choices.pick(LARGE_DIMS);
    return this.choices.weighted(DIMS);
  }

  shape([low, high]) {
    const dims = Array.from({ length: this.choices.int(low, high) }, () => this.dim());
    for (let i = 0; countOf(dims) > MOST_ELEMENTS; i++) dims[i] = Math.min(dims[i], 2);
    return dims;
  }

  /** An axis as it may be written in a model: from the front or from the back. */
  written(axis, rank) {
    return this.choices.chance(30) ? axis - rank : axis;
  }

  /** Dimensions that can be broadcast to `dims`. */
  narrower(dims) {
    const { choices } = this;
    const kept = dims.slice(choices.chance(25) ? choices.int(0, dims.length) : 0);
    return choices.chance(60) ? kept : kept.map((dim) => (choices.chance(40) ? 1 : dim));
  }

  // --- values ---------------------------------------------------------------------------------

  /** A new input, initializer or constant of random elements. */
  source(dtype, dims, want = {}) {
    return this.param(dtype, dims, fill(this.choices, dtype, countOf(dims), want), want);
  }

  /** Elements that are given: as an input (whose dimensions, if `stated`, are numbers), unless `constant`, an initializer or a Constant. */
  param(dtype, dims, { data, ...range }, { constant = false, stated = false } = {}) {
    const place = this.choices.weighted([
      ...(constant ? [] : [[12, 'input']]),
      [6, 'initializer'],
      [2, 'node'],
    ]);
    const value = { dtype, dims, ...range, replaceable: !constant };
    if (place === 'input') return this.#input(value, data, stated);
    const name = this.name('c');
    if (place === 'initializer') this.initializers.push({ name, dtype, dims, data });
    else {
      const attributes = { value: { dtype, dims, data } };
      this.nodes.push({ op: 'Constant', inputs: [], outputs: [name], attributes });
    }
    return this.add({ ...value, name });
  }

  #input(value, data, stated) {
    if (this.#parent) return this.#parent.#input(value, data, stated);
    const { dtype, dims } = value;
    const name = this.name('x');
    const kind = this.choices.weighted([
      [7, 'numbers'],
      ...(stated ? [] : [[2, 'names']]),
      ...(stated ? [] : [[1, 'none']]),
    ]);
    const declared = dims.map((dim, i) =>
      kind === 'names' && this.choices.chance(60) ? `${name}_${i}` : dim,
    );
    this.inputs.push({ name, dtype, declared: kind === 'none' ? undefined : declared });
    this.feeds[name] = { dtype, dims, data };
    return this.add({ ...value, name });
  }

  /** A small tensor of given numbers, such as an operator's axes. */
  numbers(dtype, dims, numbers, options) {
    const data = encode(dtype, numbers);
    const range = { low: Math.min(...numbers), high: Math.max(...numbers), same: true };
    if (numbers.length === 0) Object.assign(range, { low: 0, high: 0 });
    const unit = isFloat(dtype) ? 0 : 1;
    return this.param(dtype, dims, { data, unit, special: false, step: false, ...range }, options);
  }

  axes(axes, rank, options) {
    const written = axes.map((axis) => this.written(axis, rank));
    return this.numbers('int64', [axes.length], written, options);
  }

  /** One of the values there are, or a new one, that is as wanted: see matches() and fill(). */
  take(want) {
    const full = { rank: [0, 4], ...want };
    if (want.dims) full.rank = [want.dims.length, want.dims.length];
    const { choices } = this;
    const found = this.values().filter((value) => matches(value, full));
    if (found.length > 0 && choices.chance(75)) {
      // Mostly one of the latest, so that graphs grow long rather than wide.
      const latest = choices.chance(60) ? found.slice(-2) : found;
      return latest[latest.length - 1 - choices.below(latest.length)];
    }
    const dims = want.dims ?? want.makeDims?.() ?? this.shape(full.rank);
    return this.source(this.type(full.types), dims, full);
  }

  /** A second operand for `value`, whose shape broadcasts with it: { value, dims } with the shape of both. */
  partner(value, want) {
    const { choices } = this;
    if (choices.chance(80)) {
      const other = this.take({ ...want, dims: this.narrower(value.dims) });
      return { other, dims: value.dims };
    }
    // The other way round: the partner is the wider one.
    const wide = value.dims.map((dim) => (dim === 1 ? this.dim() : dim));
    const leading = value.dims.length < 4 && choices.chance(40) ? [this.dim()] : [];
    const dims = [...leading, ...wide];
    if (countOf(dims) > MOST_ELEMENTS)
      return { other: this.take({ ...want, dims: [] }), dims: value.dims };
    return { other: this.take({ ...want, dims }), dims };
  }

  /**
   * Adds a node. `inputs` are values, or null for one left out; `outputs` what settle() takes, with dtype and dims (undefined when
   * only running tells), or null. `magnitude(inputs, output)`, of arrays of numbers, is what rounding errors are relative to, for
   * operators whose outputs are smaller than what they sum up. Gives the output values.
   */
  node(op, inputs, outputs, { attributes = {}, domain = '', magnitude } = {}) {
    const values = outputs.map(
      (output) =>
        output && {
          name: this.name(),
          dtype: output.dtype,
          dims: output.dims,
          ...settle(output.dtype, output),
        },
    );
    const names = [...inputs.map((value) => value?.name ?? '')];
    while (names.at(-1) === '') names.pop();
    this.nodes.push({
      op,
      domain,
      name: this.name('n'),
      inputs: names,
      outputs: values.map((value) => value?.name ?? ''),
      attributes,
      magnitude,
    });
    for (const value of values) if (value) this.add(value);
    return values;
  }

  /** A node with one output, which it gives. */
  one(op, inputs, output, options) {
    return this.node(op, inputs, [output], options)[0];
  }
}
