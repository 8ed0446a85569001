// Ready-made settings: what each sets for which model, and why. Plain data; the first rule whose conditions hold counts.
import type { ModelInfo } from 'quantab';
import type { Method } from './option_fields';

export type PresetName = 'balanced' | 'smallest' | 'accurate' | 'transformers.js';

/** What a ready-made setting depends on. */
export interface Situation {
  /** Most of the model's layers are convolutions. */
  convolutional: boolean;
  /** It has operators whose 8-bit weights the widespread runtimes take unsigned only. */
  unsigned: boolean;
  /** It has matrix products, whose weights can be quantized alone. */
  products: boolean;
  /** There are samples, and the model can be run on them here. */
  samples: boolean;
}

/** One model to make. Options that are not named are at their defaults. */
export interface Conversion {
  method: Method;
  options: Record<string, unknown>;
  /** Half precision is held to the samples. */
  mixed?: boolean;
  /** What a method for weights alone leaves in float becomes half precision. */
  half?: boolean;
  /** Ends the file's name, before '.onnx', where the name is fixed. */
  suffix?: string;
}

interface Rule {
  when: Partial<Situation>;
  makes: readonly Conversion[];
  why: string;
}

export interface Preset {
  name: PresetName;
  label: string;
  rules: readonly Rule[];
}

const UNSIGNED = { weightType: 'QUInt8' };
const SIGNED = { weightType: 'QInt8' };
const ON_THE_WEB = { activationType: 'QUInt8', ...SIGNED };

/** Wide: what half precision breaks altogether is found, and its usual rounding is let pass. */
const HELD = { rtol: 0.1, atol: 0.1 };

/** In the form that its own conversion script makes. */
const FOUR_BITS = { blockSize: 32, isSymmetric: true };

/** The files for weights alone. */
const WEIGHTS_ALONE: readonly Conversion[] = [
  { method: 'nbits', options: FOUR_BITS, suffix: '_q4' },
  { method: 'nbits', options: FOUR_BITS, half: true, suffix: '_q4f16' },
  { method: 'bnb4', options: { quantType: 'NF4', blockSize: 64 }, suffix: '_bnb4' },
];

/** The four files that are named by dtype; the first is made with the weights that run everywhere. */
const byDtype = (quantized: Record<string, unknown>): Conversion[] => [
  { method: 'dynamic', options: { ...quantized, enableSubgraph: true }, suffix: '_quantized' },
  { method: 'dynamic', options: { ...SIGNED, enableSubgraph: true }, suffix: '_int8' },
  { method: 'dynamic', options: { ...UNSIGNED, enableSubgraph: true }, suffix: '_uint8' },
  { method: 'float16', options: { keepIoTypes: true }, suffix: '_fp16' },
];

const FOUR_FILES =
  'Four files by the names that it loads: _quantized (dtype q8), _int8, _uint8 and _fp16. Its q4, q4f16 and bnb4 are for matrix products, and this model has none.';
const SEVEN_FILES =
  'Seven files by the names that it loads: _quantized (dtype q8), _int8, _uint8, _fp16, and with weights in 4 bits _q4, _q4f16 and _bnb4.';

export const PRESETS: readonly Preset[] = [
  {
    name: 'balanced',
    label: 'Balanced',
    rules: [
      {
        when: { convolutional: true, samples: true },
        makes: [{ method: 'static', options: { perChannel: true, ...ON_THE_WEB } }],
        why: 'Static, one scale per channel: convolutions are fastest with ranges that are known before, here from your samples.',
      },
      {
        when: { convolutional: true },
        makes: [{ method: 'dynamic', options: UNSIGNED }],
        why: 'Dynamic, unsigned weights, as there are no samples. With samples it is static, which is faster for convolutions.',
      },
      {
        when: {},
        makes: [{ method: 'dynamic', options: { perChannel: true, ...SIGNED } }],
        why: 'Dynamic, one scale per channel: matrix products stay accurate when ranges are found as the model runs.',
      },
    ],
  },
  {
    name: 'smallest',
    label: 'Smallest',
    rules: [
      {
        when: { convolutional: true, samples: true },
        makes: [
          {
            method: 'static',
            options: { perChannel: true, activationType: 'QUInt8', weightType: 'QInt4' },
          },
        ],
        why: 'Static, weights in 4 bits: an eighth of float. Accuracy often suffers; read the verdict, and keep the worst layers in float.',
      },
      {
        when: { samples: true },
        makes: [
          {
            method: 'static',
            options: { blockSize: 32, activationType: 'QUInt8', weightType: 'QInt4' },
          },
        ],
        why: 'Static, weights in 4 bits with a scale for every 32: about a seventh of float. Accuracy may suffer; read the verdict.',
      },
      {
        when: {},
        makes: [{ method: 'dynamic', options: UNSIGNED }],
        why: 'Dynamic, one scale per weight, as there are no samples. With samples, weights take 4 bits.',
      },
    ],
  },
  {
    name: 'accurate',
    label: 'Most accurate',
    rules: [
      {
        when: { samples: true },
        makes: [{ method: 'float16', options: { keepIoTypes: true, ...HELD }, mixed: true }],
        why: 'Half precision, half the size; what it would break on your samples stays in float32. Faster on graphics processors only.',
      },
      {
        when: {},
        makes: [{ method: 'float16', options: { keepIoTypes: true } }],
        why: 'Half precision, half the size, hardly any loss. Faster on graphics processors only. With samples it is held to them.',
      },
    ],
  },
  {
    name: 'transformers.js',
    label: 'Set for transformers.js',
    rules: [
      {
        when: { unsigned: true, products: true },
        makes: [...byDtype(UNSIGNED), ...WEIGHTS_ALONE],
        why: SEVEN_FILES,
      },
      { when: { unsigned: true }, makes: byDtype(UNSIGNED), why: FOUR_FILES },
      {
        when: { products: true },
        makes: [...byDtype(SIGNED), ...WEIGHTS_ALONE],
        why: SEVEN_FILES,
      },
      { when: {}, makes: byDtype(SIGNED), why: FOUR_FILES },
    ],
  },
];

const CONVOLUTIONS = ['Conv', 'ConvTranspose', 'FusedConv'];
const PRODUCTS = ['MatMul', 'Gemm', 'Attention', 'MultiHeadAttention', 'LSTM', 'GRU', 'RNN'];
const UNSIGNED_ONLY = ['Conv', 'GroupQueryAttention', 'MultiHeadAttention'];

export function situationOf({ operators }: ModelInfo, samples: boolean): Situation {
  const nodes = (types: readonly string[]) =>
    operators.reduce((sum, { opType, count }) => sum + (types.includes(opType) ? count : 0), 0);
  const convolutions = nodes(CONVOLUTIONS);
  return {
    convolutional: convolutions > 0 && convolutions >= nodes(PRODUCTS),
    unsigned: nodes(UNSIGNED_ONLY) > 0,
    products: nodes(['MatMul']) > 0,
    samples,
  };
}

/** What a ready-made setting comes to. */
export function planOf(name: PresetName, situation: Situation): Rule {
  const { rules } = PRESETS.find((preset) => preset.name === name)!;
  const holds = ({ when }: Rule) =>
    Object.entries(when).every(([key, value]) => situation[key as keyof Situation] === value);
  return rules.find(holds)!;
}
