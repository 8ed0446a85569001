// What is suspicious about samples, and why it matters.
import type { Tensor, TensorMap } from '../core/tensor.js';
import type { ValueInfo } from '../core/types.js';
import type { InputSettings, Preprocess } from './settings.js';

/** Fewer samples than this are few. */
const FEW = 10;
/** Normalised pixels are hardly ever further from 0 than this. */
const MOST_PIXEL = 20;
/** Plain pixels are at least this large somewhere. */
const LEAST_PLAIN = 32;
/** A waveform from -1 to 1, with some room. */
const MOST_WAVE = 1.5;

/** What was seen of one input. */
interface Seen {
  least: number;
  most: number;
  /** Whether there was a value that is no finite number. */
  strange: boolean;
  /** Whether all values were whole numbers. */
  whole: boolean;
  first: Tensor;
  /** Whether every sample was equal to the first. */
  alike: boolean;
  /** The shape of the first that does not fit the input. */
  misfit?: readonly number[];
}

const isEqual = (a: Tensor, b: Tensor): boolean =>
  a.dims.length === b.dims.length &&
  a.dims.every((dim, axis) => dim === b.dims[axis]) &&
  Array.prototype.every.call(a.data, (value, i) => value === b.data[i]);

/** Whether a tensor has the input's rank, and its sizes where they are fixed. */
const fits = ({ dims }: Tensor, { shape, hasShape }: ValueInfo): boolean =>
  !hasShape ||
  (dims.length === shape.length &&
    shape.every((dim, axis) => !/^\d+$/.test(dim) || Number(dim) === dims[axis]));

/** Types whose elements are numbers as they are in the array. */
const PLAIN = /^(u?int(8|16|32|64)|float(32|64)|bool)$/;

/** Goes over samples as they are read; keeps one of them and some figures. */
export class SampleChecks {
  readonly #inputs: readonly ValueInfo[];
  readonly #preprocess: Preprocess;
  readonly #seen = new Map<string, Seen>();
  #count = 0;

  constructor(inputs: readonly ValueInfo[], preprocess: Preprocess) {
    this.#inputs = inputs;
    this.#preprocess = preprocess;
  }

  /** Takes in one sample. */
  add(sample: TensorMap<Tensor>): void {
    ++this.#count;
    for (const [name, tensor] of Object.entries(sample)) {
      let seen = this.#seen.get(name);
      if (seen === undefined) {
        const none = { least: Infinity, most: -Infinity, strange: false, whole: true };
        seen = { ...none, first: tensor, alike: true };
        this.#seen.set(name, seen);
      }
      seen.alike &&= isEqual(seen.first, tensor);
      const input = this.#inputs.find((each) => each.name === name);
      if (input !== undefined && !fits(tensor, input)) seen.misfit ??= tensor.dims;
      if (PLAIN.test(tensor.dtype)) look(tensor, seen);
    }
  }

  /**
   * Sentences for a person, most important first; none when all is well. `total` is how many samples there are, where not all
   * have been added.
   */
  warnings(total = this.#count): string[] {
    const found = this.#inputs.flatMap((input) => {
      const seen = this.#seen.get(input.name);
      const settings = this.#preprocess.inputs[input.name];
      return seen === undefined ? [] : valueWarnings(input, seen, settings);
    });
    if (this.#count > 1 && [...this.#seen.values()].every(({ alike }) => alike)) {
      const which = total > this.#count ? 'The first' : 'All';
      found.unshift(
        `${which} ${this.#count} samples are alike. They say as much as one: ranges measured on them miss the values of other inputs, which are then clipped.`,
      );
    }
    if (total > 0 && total < FEW) {
      found.push(
        `There ${total === 1 ? 'is 1 sample' : `are ${total} samples`} only. Values of real inputs beyond what these reach are clipped; some tens of typical ones are usual.`,
      );
    }
    return found;
  }
}

function look({ data }: Tensor, seen: Seen): void {
  for (const element of data) {
    const value = Number(element);
    if (!Number.isFinite(value)) seen.strange = true;
    else {
      if (value < seen.least) seen.least = value;
      if (value > seen.most) seen.most = value;
      seen.whole &&= Number.isInteger(value);
    }
  }
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

function valueWarnings(
  { name, dtype, shape }: ValueInfo,
  { least, most, strange, whole, misfit }: Seen,
  settings: InputSettings | undefined,
): string[] {
  const found: string[] = [];
  const range = `from ${short(least)} to ${short(most)}`;
  const isReal = dtype.startsWith('float');
  const kind = settings?.kind ?? 'tensor';
  if (misfit !== undefined) {
    found.push(
      `Samples of input '${name}' have the shape [${misfit.join(',')}], but the model takes [${shape.join(',')}]. It cannot run on them.`,
    );
  }
  if (strange) {
    found.push(
      `Samples of input '${name}' hold infinite values or such that are no numbers: no range can be measured on them.`,
    );
  }
  const isConstant = settings?.kind === 'tensor' && settings.value !== undefined;
  if (least === most && !isConstant && kind !== 'text') {
    found.push(
      `All values of input '${name}' are ${short(least)}. A range measured on them has no width. Are these the right files?`,
    );
  } else if (kind === 'image' && isReal && mostOf(least, most) > MOST_PIXEL && !isPlain(settings)) {
    found.push(
      `Values of input '${name}' are ${range}, more than normalised pixels are. Look at 'scale', 'mean' and 'std': they belong together, all for pixels of 0 to 255 or all for 0 to 1.`,
    );
  } else if (kind === 'tensor' && isReal && isImageShape(shape) && whole && least >= 0) {
    if (most > LEAST_PLAIN && most <= 255) {
      found.push(
        `Values of input '${name}' are whole numbers ${range}, like pixels that were not scaled. If the model takes 0 to 1 or normalised ones, its ranges will be wrong: scale them, or give the pictures.`,
      );
    }
  } else if (settings?.kind === 'audio' && settings.features === 'waveform') {
    if (!settings.normalize && mostOf(least, most) > MOST_WAVE * Math.max(1, settings.scale)) {
      found.push(
        `Values of input '${name}' are ${range}, beyond a waveform of -1 to 1. Look at 'scale'.`,
      );
    }
  }
  return found;
}

const mostOf = (least: number, most: number): number => Math.max(Math.abs(least), Math.abs(most));

/** Whether settings leave pixels from 0 to 255 on purpose. */
const isPlain = (settings: InputSettings | undefined): boolean =>
  settings?.kind === 'image' &&
  Math.abs(settings.scale) >= 1 &&
  settings.std.every((deviation) => Math.abs(deviation) <= 1);

const isImageShape = (shape: readonly string[]): boolean =>
  shape.length === 4 && [shape[1], shape[3]].some((dim) => dim === '1' || dim === '3');
