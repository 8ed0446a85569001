// Settings of texts: what of a tokenizer's result an input takes, and to which length, from its name and shape and the
// tokenizer's own files.
import type { ValueInfo } from '../core/types.js';
import { objectIn, wholeIn, type Json, type ModelConfigs } from './configs.js';
import type { TextSettings } from './settings.js';
import { fixedDim, isFloat, isInteger } from './shape.js';

/** Names of inputs, by what they take. */
const ROLES: readonly (readonly [RegExp, TextSettings['role']])[] = [
  [/token_type|segment/i, 'token_type_ids'],
  [/position/i, 'position_ids'],
  [/mask/i, 'attention_mask'],
  [/input_ids|token_ids|tokens|^ids$/i, 'input_ids'],
];

/** Longer limits of a tokenizer mean that there is none. */
const MOST_TOKENS = 100_000;

function padIdOf({ tokenizer = {}, tokenizerConfig = {} }: ModelConfigs): number {
  const padding = objectIn(tokenizer, 'padding');
  const id = padding?.pad_id;
  if (Number.isSafeInteger(id) && (id as number) >= 0) return id as number;
  const pad = tokenizerConfig.pad_token;
  const content = typeof pad === 'string' ? pad : objectIn(tokenizerConfig, 'pad_token')?.content;
  const added = tokenizer.added_tokens;
  const tokens: unknown[] = Array.isArray(added) ? added : [];
  const token = tokens.find((each) => (each as Json | null)?.content === content) as
    Json | undefined;
  const found = token?.id;
  return Number.isSafeInteger(found) && (found as number) >= 0 ? (found as number) : 0;
}

/** Where the tokenizer's files say that texts end. */
function limitOf({ tokenizer = {}, tokenizerConfig = {} }: ModelConfigs): number | undefined {
  const own = wholeIn(objectIn(tokenizer, 'truncation') ?? {}, 'max_length');
  const limit = own ?? wholeIn(tokenizerConfig, 'model_max_length');
  return limit !== undefined && limit <= MOST_TOKENS ? limit : undefined;
}

function sideOf({ tokenizer = {}, tokenizerConfig = {} }: ModelConfigs): 'left' | 'right' {
  const direction = objectIn(tokenizer, 'padding')?.direction;
  const side = tokenizerConfig.padding_side ?? direction;
  return typeof side === 'string' && side.toLowerCase() === 'left' ? 'left' : 'right';
}

/**
 * Settings for an input that takes tokens; undefined when it seems to take none. `expected` says that there are texts for the
 * model, whose only input is then `only`.
 */
export function guessText(
  input: ValueInfo,
  configs: ModelConfigs,
  expected: boolean,
  only: boolean,
): TextSettings | undefined {
  const named = ROLES.find(([pattern]) => pattern.test(input.name))?.[1];
  const role = named ?? (expected && only ? 'input_ids' : undefined);
  const rank = input.shape.length;
  const isMask = isFloat(input) && /attention_mask/i.test(input.name);
  if (role === undefined || !(isInteger(input) || isMask) || rank > 2) return undefined;
  if (role !== 'input_ids' && rank !== 2) return undefined;
  const fixed = fixedDim(input, -1);
  const padding = objectIn(configs.tokenizer ?? {}, 'padding');
  const strategy = objectIn(padding ?? {}, 'strategy');
  const padTo = fixed ?? wholeIn(strategy ?? {}, 'Fixed');
  const maxLength = padTo ?? limitOf(configs);
  return {
    kind: 'text',
    role,
    tokenizer: 'tokenizer.json',
    maxLength,
    truncation: maxLength !== undefined,
    padding: padTo !== undefined,
    paddingSide: sideOf(configs),
    padId: padIdOf(configs),
    specialTokens: true,
    column: 'text',
    pairColumn: 'text_pair',
  };
}
