// The files that Hugging Face's libraries keep beside a model: what they say of its inputs.
import { QuantabError } from '../core/error.js';

/** An object of a JSON file. */
export type Json = Record<string, unknown>;

/** What was found of them; each is absent when there is no such file. */
export interface ModelConfigs {
  preprocessor?: Json | undefined;
  tokenizer?: Json | undefined;
  tokenizerConfig?: Json | undefined;
}

/** What a file beside samples is: a configuration, one that holds several ('processor'), or one that is of no use here. */
export type ConfigKind = keyof ModelConfigs | 'processor' | 'other';

/** By file name, lower case. */
const NAMES: Readonly<Record<string, ConfigKind>> = {
  'preprocessor_config.json': 'preprocessor',
  'processor_config.json': 'processor',
  'tokenizer.json': 'tokenizer',
  'tokenizer_config.json': 'tokenizerConfig',
  'preprocess.json': 'other',
  'config.json': 'other',
  'generation_config.json': 'other',
  'special_tokens_map.json': 'other',
  'vocab.json': 'other',
  'added_tokens.json': 'other',
  'quantize_config.json': 'other',
  'vocab.txt': 'other',
  'merges.txt': 'other',
};

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1).toLowerCase();

/** What a file of this name is; undefined for one that may be a sample. */
export const configOf = (path: string): ConfigKind | undefined =>
  Object.hasOwn(NAMES, baseName(path)) ? NAMES[baseName(path)] : undefined;

/** A JSON object of a file; throws a QuantabError that names the file. */
export function parseJsonObject(bytes: Uint8Array, path: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new QuantabError(
    'InvalidArgument',
    `'${path}' holds no JSON object. Leave it out, or save it again.`,
    { file: path },
  );
}

// What a setting is, where it has the type that it should have.
export const numberIn = (json: Json, key: string): number | undefined => {
  const value = json[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
};
export const wholeIn = (json: Json, key: string): number | undefined => {
  const value = numberIn(json, key);
  return value !== undefined && Number.isSafeInteger(value) && value > 0 ? value : undefined;
};
export const flagIn = (json: Json, key: string): boolean | undefined => {
  const value = json[key];
  return typeof value === 'boolean' ? value : undefined;
};
export const objectIn = (json: Json, key: string): Json | undefined => {
  const value = json[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined;
};
export const numbersIn = (json: Json, key: string): number[] | undefined => {
  const value = json[key];
  const isList = Array.isArray(value) && value.length > 0 && value.every(Number.isFinite);
  return isList ? (value as number[]) : undefined;
};

/** Whether a preprocessor_config.json is about sounds. */
export const isAudioConfig = (config: Json | undefined): config is Json =>
  config !== undefined && wholeIn(config, 'sampling_rate') !== undefined;
