// Makes the folder of a model as Transformers.js loads it: a BERT-like encoder of two layers, whose weights are random numbers.
//
//   node make_model.js FOLDER
import fs from 'node:fs/promises';
import path from 'node:path';
import { floatOutput, floats, integerInput, integers, model, node } from './onnx_file.js';

const folder = process.argv[2];
if (!folder) {
  console.error('usage: node make_model.js FOLDER');
  process.exit(2);
}

const LAYERS = 2;
const HIDDEN = 64;
const INNER = 256;
const POSITIONS = 64;
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
const VOCABULARY = [...SPECIAL, ...LETTERS, ...LETTERS.map((letter) => `##${letter}`)];

/** Numbers of a normal distribution, the same in every run (mulberry32, Box and Muller). */
let state = 1;
function uniform() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

const parts = [];
const add = (opType, inputs, output, attributes) => {
  parts.push(node(opType, inputs, output, attributes));
  return output;
};
/** A matrix that keeps the size of what it is multiplied with. */
function weight(name, rows, columns) {
  const data = Float32Array.from({ length: rows * columns }, () => normal() / Math.sqrt(rows));
  parts.push(floats(name, [rows, columns], data));
  return name;
}
function vector(name, size, value) {
  parts.push(floats(name, [size], new Float32Array(size).fill(value)));
  return name;
}
function constant(name, value) {
  parts.push(floats(name, [], Float32Array.of(value)));
  return name;
}
const normalized = (input, name) =>
  add(
    'LayerNormalization',
    [input, vector(`${name}.weight`, HIDDEN, 1), vector(`${name}.bias`, HIDDEN, 0)],
    name,
    { axis: -1 },
  );
const project = (input, name, from, to) =>
  add('MatMul', [input, weight(`${name}.weight`, from, to)], name);

parts.push(integerInput('input_ids', ['batch', 'sequence']));
parts.push(integerInput('attention_mask', ['batch', 'sequence']));

// Embeddings of tokens, and of the first positions.
parts.push(integers('zero', [1], [0]), integers('one', [1], [1]), integers('two', [1], [2]));
add('Gather', [weight('embeddings.word', VOCABULARY.length, HIDDEN), 'input_ids'], 'words');
add('Shape', ['input_ids'], 'shape');
add('Slice', ['shape', 'one', 'two', 'zero'], 'length');
add(
  'Slice',
  [weight('embeddings.position', POSITIONS, HIDDEN), 'zero', 'length', 'zero'],
  'places',
);
let hidden = normalized(add('Add', ['words', 'places'], 'embedded'), 'embeddings.norm');

// 0 where there is a token, -10000 where there is none.
add('Cast', ['attention_mask'], 'mask', { to: 1 });
add('Sub', [constant('all', 1), 'mask'], 'gaps');
add('Mul', ['gaps', constant('far', -10000)], 'penalty');
add('Unsqueeze', ['penalty', 'one'], 'penalties');
constant('scale', 1 / Math.sqrt(HIDDEN));

for (let i = 0; i < LAYERS; ++i) {
  const at = (name) => `layer.${i}.${name}`;
  const query = project(hidden, at('query'), HIDDEN, HIDDEN);
  const key = project(hidden, at('key'), HIDDEN, HIDDEN);
  const content = project(hidden, at('value'), HIDDEN, HIDDEN);
  add('Transpose', [key], at('keys'), { perm: [0, 2, 1] });
  add('MatMul', [query, at('keys')], at('products'));
  add('Mul', [at('products'), 'scale'], at('scores'));
  add('Add', [at('scores'), 'penalties'], at('masked'));
  add('Softmax', [at('masked')], at('shares'), { axis: -1 });
  add('MatMul', [at('shares'), content], at('mixed'));
  const attended = project(at('mixed'), at('output'), HIDDEN, HIDDEN);
  const middle = normalized(add('Add', [hidden, attended], at('residual')), at('norm'));
  add('Relu', [project(middle, at('inner'), HIDDEN, INNER)], at('active'));
  const outer = project(at('active'), at('outer'), INNER, HIDDEN);
  const last = i === LAYERS - 1 ? 'last_hidden_state' : at('result');
  hidden = normalized(add('Add', [middle, outer], at('sum')), last);
}
parts.push(floatOutput(hidden, ['batch', 'sequence', HIDDEN]));

const config = {
  model_type: 'bert',
  architectures: ['BertModel'],
  hidden_size: HIDDEN,
  intermediate_size: INNER,
  num_attention_heads: 1,
  num_hidden_layers: LAYERS,
  max_position_embeddings: POSITIONS,
  vocab_size: VOCABULARY.length,
};
const tokenizerConfig = {
  tokenizer_class: 'BertTokenizer',
  model_max_length: POSITIONS,
  pad_token: '[PAD]',
  unk_token: '[UNK]',
  cls_token: '[CLS]',
  sep_token: '[SEP]',
};
const special = (name) => ({ id: name, ids: [SPECIAL.indexOf(name)], tokens: [name] });
const single = [
  { SpecialToken: { id: '[CLS]', type_id: 0 } },
  { Sequence: { id: 'A', type_id: 0 } },
  { SpecialToken: { id: '[SEP]', type_id: 0 } },
];
const tokenizer = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: SPECIAL.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single,
    pair: [
      ...single,
      { Sequence: { id: 'B', type_id: 1 } },
      { SpecialToken: { id: '[SEP]', type_id: 1 } },
    ],
    special_tokens: { '[CLS]': special('[CLS]'), '[SEP]': special('[SEP]') },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(VOCABULARY.map((token, id) => [token, id])),
  },
};

await fs.mkdir(path.join(folder, 'onnx'), { recursive: true });
await fs.writeFile(path.join(folder, 'onnx', 'model.onnx'), model(parts));
for (const [name, content] of Object.entries({
  config,
  tokenizer,
  tokenizer_config: tokenizerConfig,
})) {
  await fs.writeFile(path.join(folder, `${name}.json`), `${JSON.stringify(content, null, 2)}\n`);
}
