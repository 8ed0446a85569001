// Texts as samples, against the tokens of Hugging Face's Python library (make_sample_fixtures.py).
import { describe, expect, test } from '@jest/globals';
import { guessPreprocess, readSamples, Tokenizers } from 'quantab/samples';
import { all, fixture, jsonFile, only, tensorInput, textFile } from './samples_lib.mjs';

const cases = fixture('tokens');
const ROLES = ['input_ids', 'attention_mask', 'token_type_ids'];
const inputs = ROLES.map((name) => tensorInput(name, 'int64', ['batch', 'sequence']));
const { input_ids: usual } = guessPreprocess([inputs[0]]).inputs;
const numbers = (tensor) => [...tensor.data].map(Number);

describe.each(Object.entries(cases))('%s', (_, { tokenizer, texts, free, fixed, length, pad }) => {
  const tokenizers = new Tokenizers([jsonFile('tokenizer.json', tokenizer)]);
  const rows = texts.map(([text, pair], i) => [text, pair, free[i], fixed[i]]);
  const pick = (tokens) => Object.fromEntries(ROLES.map((role) => [role, tokens[role]]));

  test.each(rows)('%j and %j', async (text, pair, expected) => {
    expect(pick(await tokenizers.tokens(text, pair, usual))).toEqual(expected);
  });

  test.each(rows)('%j and %j, cut and filled up', async (text, pair, _, expected) => {
    const settings = {
      ...usual,
      maxLength: length,
      truncation: true,
      padding: true,
      paddingSide: 'left',
      padId: pad,
    };
    expect(pick(await tokenizers.tokens(text, pair, settings))).toEqual(expected);
  });
});

describe('files', () => {
  const { tokenizer, texts, free } = cases.WordPiece;
  const beside = [jsonFile('tokenizer.json', tokenizer)];
  const idsOf = async (...files) =>
    (await all(readSamples([...beside, ...files], inputs))).map(({ input_ids }) =>
      numbers(input_ids),
    );
  const expected = [0, 4].map((i) => free[i].input_ids);
  const [first, , , , second] = texts.map(([text]) => text);

  test('each line of a text is a sample for all inputs', async () => {
    const set = readSamples([...beside, textFile('a.txt', `${first}\r\n\n${second}\n`)], inputs);
    const samples = await all(set);
    expect((await set).names).toEqual(['a.txt:1', 'a.txt:2']);
    expect(samples.map(({ input_ids }) => numbers(input_ids))).toEqual(expected);
    expect(samples[0].attention_mask).toMatchObject({
      dtype: 'int64',
      dims: [1, expected[0].length],
    });
    expect(Object.keys(samples[0])).toEqual(ROLES);
  });

  test('JSON by lines, in one, and tables', async () => {
    const lines = `{"text": ${JSON.stringify(first)}}\n${JSON.stringify(second)}\n`;
    expect(await idsOf(textFile('a.jsonl', lines))).toEqual(expected);
    expect(await idsOf(jsonFile('a.json', [first, { text: second }]))).toEqual(expected);
    const table = `label,text\n1,"${first}"\n0,${second}\n`;
    expect(await idsOf(textFile('a.csv', table))).toEqual(expected);
  });

  test('two texts have types of their own', async () => {
    const [text, text_pair] = texts[6];
    const sample = await only(
      readSamples([...beside, jsonFile('a.json', { text, text_pair })], inputs),
    );
    expect(numbers(sample.token_type_ids)).toEqual(free[6].token_type_ids);
  });

  test('numbers under the names of inputs are taken as they are', async () => {
    const row = { input_ids: [1, 2, 3], attention_mask: [1, 1, 0], token_type_ids: [0, 0, 0] };
    const sample = await only(readSamples([jsonFile('a.json', row)], inputs));
    expect(sample.input_ids.dims).toEqual([1, 3]);
    expect(numbers(sample.attention_mask)).toEqual([1, 1, 0]);
  });

  test('positions, 32 bits, and a fixed length', async () => {
    const fixed = ['ids', 'position_ids'].map((name) => tensorInput(name, 'int32', [1, 12]));
    const sample = await only(readSamples([...beside, textFile('a.txt', second)], fixed));
    const { input_ids: ids } = free[4];
    expect(sample.ids).toMatchObject({ dtype: 'int32', dims: [1, 12] });
    expect(numbers(sample.ids)).toEqual([...ids, ...Array(12 - ids.length).fill(0)]);
    expect(numbers(sample.position_ids).slice(0, ids.length)).toEqual(ids.map((_, i) => i));
  });

  test('the only input of a model takes the tokens, whatever its name', async () => {
    const sample = await only(
      readSamples([...beside, textFile('a.txt', first)], [tensorInput('x', 'int64', ['s'])]),
    );
    expect(numbers(sample.x)).toEqual(expected[0]);
    expect(sample.x.dims).toEqual([expected[0].length]);
  });

  test.each([
    ['no tokenizer', [textFile('a.txt', first)], /^'a\.txt': There are texts, but no tokenizer/],
    [
      'a tokenizer that is none',
      [jsonFile('tokenizer.json', { model: 1 }), textFile('a.txt', first)],
      /^'tokenizer\.json' cannot be used as a tokenizer: /,
    ],
    [
      'a tokenizer without JSON',
      [textFile('tokenizer.json', '<html>'), textFile('a.txt', first)],
      /^'tokenizer\.json' holds no JSON object/,
    ],
    [
      'a line that is no JSON',
      [...beside, textFile('a.jsonl', '"a"\nb\n')],
      /^'a\.jsonl': Line 2: This is no JSON/,
    ],
  ])('%s is refused', async (_, files, message) => {
    await expect(all(readSamples(files, inputs))).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(message),
    });
  });
});

describe('guesses from the files of a tokenizer', () => {
  const input = tensorInput('input_ids', 'int64', ['b', 's']);
  const guess = (configs, of = input) => guessPreprocess([of], configs).inputs[of.name];

  test('limits, padding and its token', () => {
    const tokenizer = {
      truncation: { max_length: 64 },
      padding: { strategy: { Fixed: 32 }, pad_id: 7, direction: 'Left' },
    };
    expect(guess({ tokenizer })).toMatchObject({
      role: 'input_ids',
      maxLength: 32,
      truncation: true,
      padding: true,
      paddingSide: 'left',
      padId: 7,
    });
    const tokenizerConfig = { model_max_length: 512, pad_token: { content: '<pad>' } };
    const added = {
      added_tokens: [
        { content: '<s>', id: 0 },
        { content: '<pad>', id: 1 },
      ],
    };
    expect(guess({ tokenizer: added, tokenizerConfig })).toMatchObject({
      maxLength: 512,
      truncation: true,
      padding: false,
      padId: 1,
    });
    expect(guess({ tokenizerConfig: { model_max_length: 1e30 } })).toMatchObject({
      maxLength: undefined,
      truncation: false,
    });
  });

  test.each([
    ['segment_ids', 'token_type_ids'],
    ['input_mask', 'attention_mask'],
    ['position_ids', 'position_ids'],
    ['decoder_input_ids', 'input_ids'],
  ])('%s takes %s', (name, role) => {
    expect(guess({}, tensorInput(name, 'int64', ['b', 's']))).toMatchObject({ kind: 'text', role });
  });

  test('other numbers are no text', () => {
    expect(guess({}, tensorInput('x', 'int64', ['b', 's']))).toEqual({ kind: 'tensor' });
    expect(guess({}, tensorInput('input_ids', 'float32', ['b', 's']))).toEqual({ kind: 'tensor' });
    expect(guess({}, tensorInput('has_mask_input', 'float32', [1]))).toEqual({ kind: 'tensor' });
    expect(guess({}, tensorInput('orig_mask', 'float32', [1, 2]))).toEqual({ kind: 'tensor' });
  });
});
