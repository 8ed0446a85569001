// How files become inputs, as data: a record that can be kept as JSON (the command line's --preprocess FILE).
import { QuantabError } from '../core/error.js';
import { FITS, IMAGE_DTYPES, PLACES, type ImageOptions } from './image.js';
import { IMAGE_PRESETS, type ImagePreset } from './presets.js';
import { RESAMPLES } from './resize.js';

const FEATURES = ['waveform', 'log-mel', 'fbank'] as const;
const WINDOWS = ['hann', 'povey', 'hamming'] as const;
const MEL_SCALES = ['slaney', 'htk'] as const;
const LOGS = ['whisper', 'ln', 'log10', 'db'] as const;
const ROLES = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'] as const;

/** An input that takes pictures. */
export interface ImageSettings extends ImageOptions {
  kind: 'image';
  /** Scale, mean and deviation by a name; those that are given beside it count more. */
  preset?: ImagePreset | undefined;
}

/** An input that takes sounds. */
export interface AudioSettings {
  kind: 'audio';
  /** In Hz; sounds of another rate are resampled. */
  samplingRate: number;
  /**
   * 'waveform': the samples themselves, from -1 to 1. 'log-mel': a mel spectrogram as librosa and Whisper make it. 'fbank': log mel
   * energies as Kaldi makes them.
   */
  features: (typeof FEATURES)[number];
  /** Samples that are taken of a sound: cut, or zeros put behind it. All by default. */
  length?: number | undefined;
  /**
   * Whether a sound becomes as many samples of `length` as it has, one after another, rather than one; what is left is dropped
   * unless it is all there is.
   */
  split?: boolean | undefined;
  /** Frames of features: cut, or zeros put behind them. All by default. */
  frames?: number | undefined;
  /** The waveform is multiplied by it; 32768 for models trained on the values of 16-bit files. */
  scale: number;
  /** Whether each sound is brought to mean 0 and deviation 1. */
  normalize: boolean;
  /** Samples of a transform, of the window within it, and from one window to the next. */
  fftLength: number;
  windowLength: number;
  hopLength: number;
  window: (typeof WINDOWS)[number];
  melBins: number;
  /** In Hz; the highest is half the sampling rate when it is 0. */
  lowFrequency: number;
  highFrequency: number;
  /** Of 'log-mel'. */
  melScale: (typeof MEL_SCALES)[number];
  /** What is made of the energies of 'log-mel'; 'whisper': log10, no less than the largest - 8, (x + 4) / 4. */
  log: (typeof LOGS)[number];
  /** Of 'fbank': y[t] = x[t] - preemphasis x[t - 1]. */
  preemphasis: number;
  /** Features: (x - mean) / std. */
  mean: number;
  std: number;
  /** Of features: time and frequency, or frequency and time. */
  layout: 'TF' | 'FT';
}

/** An input that takes what a tokenizer makes of a text. */
export interface TextSettings {
  kind: 'text';
  /** What of it. */
  role: (typeof ROLES)[number];
  /** The tokenizer's file, by the end of its path. */
  tokenizer: string;
  /** In tokens; none by default. */
  maxLength?: number | undefined;
  /** Whether longer texts are cut to `maxLength`. */
  truncation: boolean;
  /** Whether shorter texts are filled up to `maxLength`, and on which side with which token. */
  padding: boolean;
  paddingSide: 'right' | 'left';
  padId: number;
  /** Whether the tokenizer adds its own, such as [CLS]. */
  specialTokens: boolean;
  /** The columns of tables, and keys of JSON, with the text and a second one. */
  column: string;
  pairColumn: string;
}

/** An input that takes numbers as they are in the files. */
export interface TensorSettings {
  kind: 'tensor';
  /** What it is in every sample, for inputs that no file is for: one number for all elements, or nested lists of numbers. */
  value?: number | unknown[] | undefined;
  /** The columns of a table that make it, in this order. */
  columns?: string[] | undefined;
}

/** How files become one input of a model. */
export type InputSettings = ImageSettings | AudioSettings | TextSettings | TensorSettings;
/** What an input takes: 'image', 'audio', 'text' or 'tensor'. */
export type InputKind = InputSettings['kind'];

/** Settings for every input of a model, by its name. */
export interface Preprocess {
  inputs: Record<string, InputSettings>;
}

/** Some settings; the others are guessed. */
export interface PartialPreprocess {
  inputs: Record<string, { kind: InputKind } & Record<string, unknown>>;
}

interface Rule {
  expected: string;
  holds(value: unknown): boolean;
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const listOf =
  (holds: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.length > 0 && value.every(holds);

/** No side, length or count is larger: what is made of it must fit in memory. */
const MOST = 2 ** 26;

const number: Rule = { expected: 'a number', holds: isNumber };
const notZero: Rule = {
  expected: 'a number other than 0',
  holds: (value) => isNumber(value) && value !== 0,
};
const within = (least: number, most: number): Rule => ({
  expected: `a whole number from ${least} to ${most}`,
  holds: (value) =>
    Number.isSafeInteger(value) && isNumber(value) && value >= least && value <= most,
});
const positive = within(1, MOST);
const count = within(0, MOST);
const side = within(1, 2 ** 14);
const frequency: Rule = {
  expected: 'a number of Hz, not negative',
  holds: (value) => isNumber(value) && value >= 0,
};
const numbers: Rule = { expected: 'a list of numbers', holds: listOf(isNumber) };
const deviations: Rule = {
  expected: 'a list of numbers other than 0',
  holds: listOf((value) => isNumber(value) && value !== 0),
};
const numberOrList: Rule = {
  expected: 'a number, or lists of numbers',
  holds: (value) => isNumber(value) || (Array.isArray(value) && value.length > 0),
};
const flag: Rule = { expected: 'true or false', holds: (value) => typeof value === 'boolean' };
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const text: Rule = { expected: 'a text', holds: isText };
const texts: Rule = { expected: 'a list of texts', holds: listOf(isText) };
const byte: Rule = {
  expected: 'a number from 0 to 255',
  holds: (value) => isNumber(value) && value >= 0 && value <= 255,
};
const oneOf = (choices: readonly string[]): Rule => ({
  expected: `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`,
  holds: (value) => choices.includes(value as string),
});

type Rules<T> = Record<Exclude<keyof T, 'kind'>, Rule>;

const RULES: {
  image: Rules<ImageSettings>;
  audio: Rules<AudioSettings>;
  text: Rules<TextSettings>;
  tensor: Rules<TensorSettings>;
} = {
  image: {
    width: side,
    height: side,
    fit: oneOf(FITS),
    shortestEdge: side,
    resample: oneOf(RESAMPLES),
    fill: byte,
    place: oneOf(PLACES),
    channels: oneOf(['RGB', 'BGR', 'GRAY']),
    layout: oneOf(['NCHW', 'NHWC']),
    scale: number,
    mean: numbers,
    std: deviations,
    dtype: oneOf(IMAGE_DTYPES),
    preset: oneOf(Object.keys(IMAGE_PRESETS)),
  },
  audio: {
    samplingRate: within(1000, 384000),
    features: oneOf(FEATURES),
    length: positive,
    split: flag,
    frames: within(1, 2 ** 17),
    scale: number,
    normalize: flag,
    fftLength: within(2, 2 ** 16),
    windowLength: within(1, 2 ** 16),
    hopLength: positive,
    window: oneOf(WINDOWS),
    melBins: within(1, 1024),
    lowFrequency: frequency,
    highFrequency: frequency,
    melScale: oneOf(MEL_SCALES),
    log: oneOf(LOGS),
    preemphasis: number,
    mean: number,
    std: notZero,
    layout: oneOf(['TF', 'FT']),
  },
  text: {
    role: oneOf(ROLES),
    tokenizer: text,
    maxLength: positive,
    truncation: flag,
    padding: flag,
    paddingSide: oneOf(['right', 'left']),
    padId: count,
    specialTokens: flag,
    column: text,
    pairColumn: text,
  },
  tensor: { value: numberOrList, columns: texts },
};

const KINDS = Object.keys(RULES) as InputKind[];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

function checkInput(name: string, settings: unknown, fail: (what: string) => never): void {
  const where = `The settings of input '${name}'`;
  if (!isObject(settings)) fail(`${where} are no object. Write {"kind": "image"}, for instance.`);
  const { kind, ...others } = settings as Record<string, unknown>;
  if (!KINDS.includes(kind as InputKind)) {
    fail(`${where} have the kind '${String(kind)}', expected one of ${quoted(KINDS)}.`);
  }
  const rules: Record<string, Rule> = RULES[kind as InputKind];
  for (const [key, value] of Object.entries(others)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) {
      fail(
        `${where} have '${key}', which is none of kind '${String(kind)}': ${quoted(Object.keys(rules))}.`,
      );
    }
    if (value !== undefined && !rule!.holds(value)) {
      fail(`${where}: '${key}' is ${JSON.stringify(value)}, expected ${rule!.expected}.`);
    }
  }
}

/**
 * Checks what was given as a record of settings, such as the content of a JSON file, which is named in errors as `file`. Throws
 * a QuantabError of code 'InvalidArgument'.
 */
export function parsePreprocess(value: unknown, file?: string): PartialPreprocess {
  const fail = (what: string): never => {
    const begin = file === undefined ? '' : `'${file}': `;
    throw new QuantabError(
      'InvalidArgument',
      `${begin}${what}`,
      file === undefined ? {} : { file },
    );
  };
  if (!isObject(value) || !isObject(value.inputs) || Object.keys(value).length !== 1) {
    fail('Expected an object {"inputs": {NAME: {"kind": "image", ...}, ...}}.');
  }
  const { inputs } = value as unknown as PartialPreprocess;
  for (const [name, settings] of Object.entries(inputs)) checkInput(name, settings, fail);
  return { inputs };
}
