// Texts to tokens by a tokenizer.json, which a library for Hugging Face's format reads; it is loaded when it is first needed.
import { QuantabError, sentenceOf } from '../../core/error.js';
import type { Tensor } from '../../core/tensor.js';
import type { ValueInfo } from '../../core/types.js';
import { objectIn, parseJsonObject, type Json } from '../configs.js';
import { tensorOf } from '../element.js';
import type { SampleFile } from '../group.js';
import type { TextSettings } from '../settings.js';
import { withRank } from '../shape.js';

/** What the library makes of a text. */
interface Encoding {
  ids: number[];
  token_type_ids?: number[];
}

interface Tokenizer {
  encode(
    text: string,
    options: {
      text_pair?: string | null;
      add_special_tokens?: boolean;
      return_token_type_ids?: boolean;
    },
  ): Encoding;
  id_to_token(id: number): string | undefined;
}

/** The tokens of a text, cut and filled up; all lists have the same length. */
export interface Tokens {
  input_ids: number[];
  attention_mask: number[];
  token_type_ids: number[];
  position_ids: number[];
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** RoBERTa's form of two texts gives both the type 0; the library gives the second 1. */
function hasOneType(definition: Json): boolean {
  const processor = objectIn(definition, 'post_processor') ?? {};
  const parts = Array.isArray(processor.processors) ? (processor.processors as Json[]) : [];
  return [processor, ...parts].some((part) => part?.type === 'RobertaProcessing');
}

async function loadTokenizer(files: readonly SampleFile[], name: string): Promise<Tokenizer> {
  const file = files.find(({ path }) => path === name || path.endsWith(`/${name}`));
  if (file === undefined) {
    throw new QuantabError(
      'InvalidArgument',
      `There are texts, but no tokenizer '${name}' among the files. Add the model's tokenizer.json.`,
    );
  }
  const config = files.find(({ path }) => path === `${folderOf(file.path)}tokenizer_config.json`);
  const definition = parseJsonObject(await file.bytes(), file.path);
  const settings = config === undefined ? {} : parseJsonObject(await config.bytes(), config.path);
  const { Tokenizer } = await import('../../libraries/tokenizers/tokenizers.js');
  try {
    const tokenizer: Tokenizer = new Tokenizer(definition, settings);
    if (!hasOneType(definition)) return tokenizer;
    return {
      encode: (text, options) => ({ ids: tokenizer.encode(text, options).ids }),
      id_to_token: (id) => tokenizer.id_to_token(id),
    };
  } catch (error) {
    throw new QuantabError(
      'InvalidArgument',
      `'${file.path}' cannot be used as a tokenizer: ${sentenceOf(error)}`,
      { file: file.path },
      { cause: error },
    );
  }
}

/** Where the tokens of the text itself are among those with the tokenizer's own: after so many, of so many. */
function find(all: readonly number[], part: readonly number[], from: number): number {
  for (let at = from; at + part.length <= all.length; ++at) {
    if (part.every((id, i) => all[at + i] === id)) return at;
  }
  return -1;
}

/**
 * How many tokens of two texts are kept where there is room for so many: the longer one loses first. What is odd goes to the
 * longer one.
 */
function shortened(a: number, b: number, room: number): [number, number] {
  let short = Math.min(a, b);
  let long = Math.max(short, room - short);
  if (short + long > room) {
    short = Math.floor(room / 2);
    long = room - short;
  }
  return a > b ? [long, short] : [short, long];
}

/**
 * `encoding` without the last tokens of its texts, so that it has `most` at most; the tokenizer's own tokens stay. Of two texts the
 * longer one is cut first, as by the Python library's 'longest_first'.
 */
function truncate(
  { ids, token_type_ids: types }: Required<Encoding>,
  [a, b]: readonly [readonly number[], readonly number[]],
  most: number,
): Required<Encoding> {
  const over = ids.length - most;
  const first = find(ids, a, 0);
  const second = b.length === 0 ? first + a.length : find(ids, b, first + a.length);
  if (first < 0 || second < 0 || over > a.length + b.length) {
    return { ids: ids.slice(0, most), token_type_ids: types.slice(0, most) };
  }
  const room = a.length + b.length - over;
  const [keepA, keepB] = b.length === 0 ? [room, 0] : shortened(a.length, b.length, room);
  const isKept = (i: number): boolean => {
    if (i >= first && i < first + a.length) return i < first + keepA;
    if (i >= second && i < second + b.length) return i < second + keepB;
    return true;
  };
  return {
    ids: ids.filter((_, i) => isKept(i)),
    token_type_ids: types.filter((_, i) => isKept(i)),
  };
}

function fillUp(values: number[], length: number, value: number, side: 'left' | 'right'): number[] {
  const missing = Array<number>(Math.max(0, length - values.length)).fill(value);
  return side === 'left' ? [...missing, ...values] : [...values, ...missing];
}

function tokensOf(
  tokenizer: Tokenizer,
  text: string,
  pair: string | undefined,
  settings: TextSettings,
): Tokens {
  const encode = (of: string, special: boolean, second?: string) =>
    tokenizer.encode(of, {
      ...(second === undefined ? {} : { text_pair: second }),
      add_special_tokens: special,
      return_token_type_ids: true,
    });
  const { ids, token_type_ids: types = ids.map(() => 0) } = encode(
    text,
    settings.specialTokens,
    pair,
  );
  let encoding = { ids, token_type_ids: types };
  const { maxLength = Infinity } = settings;
  if (settings.truncation && ids.length > maxLength) {
    const parts = [encode(text, false).ids, pair === undefined ? [] : encode(pair, false).ids];
    encoding = truncate(encoding, parts as [number[], number[]], maxLength);
  }
  const count = encoding.ids.length;
  const length = settings.padding && Number.isFinite(maxLength) ? maxLength : count;
  const fill = (values: number[], value: number) =>
    fillUp(values, length, value, settings.paddingSide);
  return {
    input_ids: fill(encoding.ids, settings.padId),
    attention_mask: fill(Array<number>(count).fill(1), 0),
    token_type_ids: fill(encoding.token_type_ids, 0),
    position_ids: fill(
      Array.from({ length: count }, (_, i) => i),
      0,
    ),
  };
}

/** The tokenizers among files, each read once; the newest text's tokens are kept for the inputs that share them. */
export class Tokenizers {
  readonly #files: readonly SampleFile[];
  readonly #loaded = new Map<string, Promise<Tokenizer>>();
  #newest: { key: string; tokens: Tokens } | undefined;

  constructor(files: readonly SampleFile[]) {
    this.#files = files;
  }

  /** What an input takes of a text, or of two. Rejects with a QuantabError. */
  async tensor(
    text: string,
    pair: string | undefined,
    settings: TextSettings,
    input: ValueInfo,
  ): Promise<Tensor> {
    const tokens = await this.tokens(text, pair, settings);
    const values = tokens[settings.role];
    return tensorOf(input.dtype, withRank([values.length], input), values, `Input '${input.name}'`);
  }

  /** The tokens of a text, or of two. Rejects with a QuantabError. */
  async tokens(text: string, pair: string | undefined, settings: TextSettings): Promise<Tokens> {
    const key = JSON.stringify([text, pair, { ...settings, role: undefined }]);
    if (this.#newest?.key === key) return this.#newest.tokens;
    const tokenizer = await this.#tokenizer(settings);
    try {
      const tokens = tokensOf(tokenizer, text, pair, settings);
      this.#newest = { key, tokens };
      return tokens;
    } catch (error) {
      const begin = text.length > 40 ? `${text.slice(0, 40)}…` : text;
      throw new QuantabError(
        'InvalidArgument',
        `The tokenizer cannot read the text '${begin}': ${sentenceOf(error)}`,
        {},
        { cause: error },
      );
    }
  }

  /** The pieces of text that tokens stand for, as the vocabulary has them; '' for numbers that are no tokens. */
  async pieces(ids: readonly number[], settings: TextSettings): Promise<string[]> {
    const tokenizer = await this.#tokenizer(settings);
    return ids.map((id) => tokenizer.id_to_token(id) ?? '');
  }

  #tokenizer({ tokenizer: name }: TextSettings): Promise<Tokenizer> {
    let loading = this.#loaded.get(name);
    if (loading === undefined) {
      loading = loadTokenizer(this.#files, name);
      this.#loaded.set(name, loading);
    }
    return loading;
  }
}
