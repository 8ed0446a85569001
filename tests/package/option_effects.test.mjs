// Every option of every command has the effect it is there for. Models are small, and what must come of them is worked out by hand
// unless a comment says otherwise.
import { describe, expect, test } from '@jest/globals';
import { openModel } from 'quantab';
import { description } from '../../web/package/dist/generated/description.js';
import { keep } from './keep.mjs';
import { hex } from './lib.mjs';
import { commandLine, common } from './option_effects/command_line.mjs';
import { dynamic } from './option_effects/dynamic.mjs';
import { float16 } from './option_effects/float16.mjs';
import { mixedPrecision } from './option_effects/mixed_precision.mjs';
import { readModel } from './option_effects/model_text.mjs';
import { chain } from './option_effects/models.mjs';
import { preprocess } from './option_effects/preprocess.mjs';
import { extraOptions, functions } from './option_effects/reference_names.mjs';
import { staticCalibration } from './option_effects/static_calibration.mjs';
import { staticConfig } from './option_effects/static_config.mjs';
import { staticOverrides } from './option_effects/static_overrides.mjs';
import { staticQuantizer } from './option_effects/static_quantizer.mjs';
import { bnb4, nbits } from './option_effects/weight_only.mjs';
import { writing } from './option_effects/writing.mjs';

/** By command and option: one case or several. */
const effects = {
  ...commandLine,
  dynamic: { ...commandLine.dynamic, ...dynamic },
  static: {
    ...commandLine.static,
    ...staticQuantizer,
    ...staticOverrides,
    ...staticCalibration,
    ...staticConfig,
  },
  nbits: { ...commandLine.nbits, ...nbits },
  bnb4: { ...commandLine.bnb4, ...bnb4 },
  float16: { ...commandLine.float16, ...float16, ...mixedPrecision },
  preprocess: { ...commandLine.preprocess, ...preprocess },
  'every command': common,
};

const METHODS = {
  dynamic: 'quantizeDynamic',
  static: 'quantizeStatic',
  nbits: 'quantizeMatMulNBits',
  bnb4: 'quantizeMatMulBnb4',
  float16: 'convertFloatToFloat16',
  preprocess: 'quantPreProcess',
};
const camelCase = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** What a command makes of a model: the graph, with its bytes, its ranges and what was said; or what went wrong. */
async function convert(command, source, options, samples) {
  const log = [];
  const call = { ...options, onLog: (_, message) => log.push(message) };
  if (command === 'static') call.calibrationData = samples;
  const made = await source[METHODS[command]](call).then(keep, (error) => error);
  if (made instanceof Error) return { error: made.message };
  const bytes = await made.bytes();
  return Object.assign(readModel(bytes), { bytes: hex(bytes), ranges: made.ranges, log });
}

/** Converts a case's model without its value and with it, and checks the effect. */
async function checkEffect(command, option, each) {
  const source = await keep(openModel(each.model));
  const make = (options) => convert(command, source, { ...each.with, ...options }, each.samples);
  const before = await make({});
  const after = await make({ [camelCase(option.name)]: each.value });
  // The effect may be that something is refused, or that it no longer is.
  for (const [made, message] of [
    [before, each.refused],
    [after, each.refuses],
  ]) {
    expect(made.error ?? '').toMatch(message ?? /^$/);
  }
  each.check?.(after, before);
  const isDefault = JSON.stringify(each.value) === JSON.stringify(option.default);
  const same = before.bytes === after.bytes && before.ranges?.text === after.ranges?.text;
  expect(same).toBe(isDefault || each.idle === true);
  if (option.extraOption === '') return;
  const named = await make({ extraOptions: { [option.extraOption]: each.value } });
  expect([named.bytes, named.ranges, named.error]).toEqual([
    after.bytes,
    after.ranges,
    after.error,
  ]);
}

const commands = [
  ...description.commands,
  { name: 'every command', options: description.commonOptions },
];
const casesOf = (command, { name }) => [effects[command]?.[name] ?? []].flat();

test('no case is of an unknown command', () => {
  expect(Object.keys(effects).sort()).toEqual(commands.map(({ name }) => name).sort());
});

describe.each(commands.map(({ name, options }) => [name, options]))('%s', (command, options) => {
  test('has a case for every option, and none for others', () => {
    expect(Object.keys(effects[command] ?? {}).sort()).toEqual(
      options.map(({ name }) => name).sort(),
    );
  });

  const cases = options.flatMap((option) =>
    casesOf(command, option).map((each) => [option.name, each.says, option, each]),
  );
  if (cases.length === 0) return;
  test.each(cases)('%s: %s', (_name, _says, option, each) =>
    each.shows ? each.shows(command) : checkEffect(command, option, each),
  );
});

test.each(Object.keys(METHODS))('%s: the defaults are what is described', async (command) => {
  const { options } = description.commands.find(({ name }) => name === command);
  const described = options.filter(
    (option) => option.quantizer && !option.withSamples && option.default !== null,
  );
  expect(described.length).toBeGreaterThan(2);
  const defaults = described.map((option) => [camelCase(option.name), option.default]);
  const source = await keep(openModel(chain.model));
  const [unset, set] = [{}, Object.fromEntries(defaults)].map((given) =>
    convert(command, source, given, chain.samples),
  );
  expect(await set).toEqual(await unset);
});

const choices = commands.flatMap(({ name, options }) =>
  options.filter(({ type }) => type === 'choice').map((option) => [name, option.name, option]),
);

test.each(choices)('%s %s has a case for every choice', (command, _, option) => {
  const values = casesOf(command, option).map(({ value }) => value);
  expect(values.sort()).toEqual([...option.choices].sort());
});

test('every key of TensorQuantOverrides has a case', () => {
  const { options } = description.commands.find(({ name }) => name === 'static');
  const { valueType } = options.find(({ name }) => name === 'tensor_quant_overrides');
  const [, own, inner] = valueType.match(/^([^]*)convert\?: \{([^]*?)\}/);
  const keysOf = (text) => [...text.matchAll(/(\w+)\?:/g)].map(([, key]) => key);
  const keys = [...keysOf(own), 'convert', ...keysOf(inner).map((key) => `convert.${key}`)];
  const shown = staticOverrides.tensor_quant_overrides.flatMap((each) => each.keys);
  expect(shown.sort()).toEqual(keys.sort());
});

const written = Object.entries(writing).flatMap(([name, cases]) =>
  [cases].flat().map((each) => [name, each.says, each]),
);
test.each(written)('writeTo %s: %s', (_name, _says, each) => each.shows());

const ofPython = Object.entries(functions).flatMap(([name, [command, parameters]]) =>
  Object.entries(parameters)
    .filter(([, option]) => option.none === undefined)
    .map(([parameter, option]) => [name, parameter, command, option]),
);
test.each(ofPython)("Python's %s: '%s' is an option", (_name, _parameter, command, option) => {
  const { positionals } = description.commands.find(({ name }) => name === command);
  const known = [...positionals.map(({ name }) => name), ...Object.keys(effects[command])];
  expect(known).toContain(option);
});

test('every key of extra_options is an option', () => {
  const known = ['dynamic', 'static'].flatMap((command) =>
    description.commands
      .find(({ name }) => name === command)
      .options.map(({ extraOption }) => extraOption),
  );
  expect(known).toEqual(expect.arrayContaining(extraOptions));
});
