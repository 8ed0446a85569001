// Settings for every input of a model, from names, shapes and the files beside it.
import { QuantabError } from '../core/error.js';
import type { ValueInfo } from '../core/types.js';
import { isAudioConfig, type ModelConfigs } from './configs.js';
import { guessAudio, withFeatures } from './guess_audio.js';
import { guessImage } from './guess_image.js';
import { guessText } from './guess_text.js';
import { imagePreset, type ImagePreset } from './presets.js';
import type {
  AudioSettings,
  InputKind,
  InputSettings,
  PartialPreprocess,
  Preprocess,
} from './settings.js';
import { fixedDim, isFloat, isInteger } from './shape.js';

/** Names of inputs that take the sampling rate. */
const RATE = /^(sr|rate|sample_rate|sampling_rate)$/i;

/** What is known beside the inputs themselves. */
export interface Hints extends ModelConfigs {
  /** The kinds of files that there are. */
  kinds?: ReadonlySet<InputKind> | undefined;
}

function guessInput(input: ValueInfo, inputs: readonly ValueInfo[], hints: Hints): InputSettings {
  const { preprocessor, kinds = new Set() } = hints;
  const isOnly = inputs.length === 1;
  const hasAudio = isAudioConfig(preprocessor) || (kinds.has('audio') && !kinds.has('image'));
  const isFirstFloat = inputs.find(isFloat) === input;
  return (
    (hasAudio ? guessAudio(input, preprocessor, isFirstFloat) : undefined) ??
    guessImage(input, preprocessor) ??
    guessText(input, hints, kinds.has('text'), isOnly) ??
    guessAudio(input, preprocessor, false) ?? { kind: 'tensor' }
  );
}

/** What an input beside one of sounds takes: the rate, or a state that begins with zeros. */
function besideAudio(input: ValueInfo, { samplingRate }: AudioSettings): InputSettings {
  if (isInteger(input) && RATE.test(input.name)) return { kind: 'tensor', value: samplingRate };
  const isFixed = input.shape.every(
    (_, axis) => axis === 0 || fixedDim(input, axis) !== undefined || axis === 1,
  );
  return isFloat(input) && input.hasShape && isFixed && input.shape.length >= 2
    ? { kind: 'tensor', value: 0 }
    : { kind: 'tensor' };
}

/** Settings by input. They are a first proposal, to be shown and corrected. */
export function guessPreprocess(inputs: readonly ValueInfo[], hints: Hints = {}): Preprocess {
  const guessed = new Map(inputs.map((input) => [input, guessInput(input, inputs, hints)]));
  const audio = [...guessed.values()].find(({ kind }) => kind === 'audio');
  for (const [input, { kind }] of guessed) {
    if (audio !== undefined && kind === 'tensor') {
      guessed.set(input, besideAudio(input, audio as AudioSettings));
    }
  }
  return {
    inputs: Object.fromEntries([...guessed].map(([{ name }, settings]) => [name, settings])),
  };
}

/** What was given, completed by guesses. Throws a QuantabError where an input is none of the model's, or cannot be so. */
export function completePreprocess(
  given: PartialPreprocess,
  inputs: readonly ValueInfo[],
  hints: Hints = {},
): Preprocess {
  const names = inputs.map(({ name }) => name);
  const unknown = Object.keys(given.inputs).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new QuantabError(
      'InvalidArgument',
      `There are settings for input '${unknown}', but the model's inputs are ${names.map((name) => `'${name}'`).join(', ')}.`,
    );
  }
  const result = guessPreprocess(inputs, hints);
  for (const input of inputs) {
    if (!Object.hasOwn(given.inputs, input.name)) continue;
    const settings = given.inputs[input.name]!;
    result.inputs[input.name] = completeInput(settings, input, hints);
  }
  return result;
}

/** An input of rank 4 that does not say which dimension is the channels, as one of colour pictures. */
function asPicture(input: ValueInfo): ValueInfo {
  const isOpen = !input.hasShape || input.shape.length === 4;
  const isUnknown = isOpen && fixedDim(input, 1) === undefined && fixedDim(input, 3) === undefined;
  return isUnknown ? { ...input, shape: ['1', '3', '?', '?'], hasShape: true } : input;
}

function completeInput(
  settings: PartialPreprocess['inputs'][string],
  input: ValueInfo,
  hints: Hints,
): InputSettings {
  const { kind } = settings;
  const features = settings.features as AudioSettings['features'] | undefined;
  const guess: Record<InputKind, () => InputSettings | undefined> = {
    image: () => guessImage(input, hints.preprocessor) ?? guessImage(asPicture(input), undefined),
    audio: () => {
      const guessed = guessAudio(input, hints.preprocessor, true);
      return guessed && withFeatures(guessed, features ?? guessed.features);
    },
    text: () => guessText(input, hints, true, true),
    tensor: () => ({ kind: 'tensor' }),
  };
  const base = guess[kind]();
  const preset = kind === 'image' ? (settings.preset as ImagePreset | undefined) : undefined;
  const values = preset === undefined ? {} : imagePreset(preset);
  if (base !== undefined) return { ...base, ...values, ...settings } as InputSettings;
  const shape = input.hasShape ? `[${input.shape.join(',')}]` : 'of an unknown shape';
  const takes: Record<InputKind, string> = {
    image: 'real numbers or bytes of shape [N,C,H,W] or [N,H,W,C] with 1 or 3 channels',
    audio: 'real numbers of rank 1 to 4',
    text: 'whole numbers of rank 1 or 2',
    tensor: 'anything',
  };
  throw new QuantabError(
    'InvalidArgument',
    `Input '${input.name}' is ${input.dtype} ${shape}, so it cannot be of kind '${kind}', which takes ${takes[kind]}.`,
  );
}
