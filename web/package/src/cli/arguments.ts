// Arguments by the core's description of the command line. The native program's arguments.cc has the same rules and the
// same words; tests/package/fixtures/cli.json holds both to them.
import type { CommandDescription, OptionDescription } from '../core/description.js';
import { description } from '../generated/description.js';
import { UsageError, type Invocation } from './command.js';

export type Arguments = Omit<Invocation, 'call' | 'start'> & { command: CommandDescription };

const camel = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** "--nodes-to-exclude" for "nodes_to_exclude". */
export const flagOf = (name: string): string => `--${name.replaceAll('_', '-')}`;

function unexpected(what: string, text: string, expected: string): never {
  throw new UsageError(`'${what}' is '${text}', expected ${expected}.`);
}

/** "A,B" to A and B; a comma that belongs to a name is written "\,". */
function splitList(texts: readonly string[]): string[] {
  return texts.flatMap((text) =>
    (text.match(/(?:\\,|[^,])+/g) ?? []).map((item) => item.replaceAll('\\,', ',')),
  );
}

/** The last value of `name` as a whole number from `lowest` to `highest`. */
export function integer(
  { value }: Pick<Invocation, 'value'>,
  name: string,
  otherwise: number,
  lowest: number,
  highest: number,
): number {
  const text = value(name) ?? String(otherwise);
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= lowest && number <= highest) return number;
  return unexpected(flagOf(name), text, `a whole number from ${lowest} to ${highest}`);
}

/** The notation both programs read alike, so no "0x10" and no "inf". */
const DECIMAL = /^-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/;

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function valueOf(option: OptionDescription, texts: readonly string[]): unknown {
  const last = texts.at(-1) ?? '';
  const expected = (what: string): never => unexpected(flagOf(option.name), last, what);
  switch (option.type) {
    case 'bool':
      return last === 'true' || last === 'false' ? last === 'true' : expected('true or false');
    case 'number': {
      const value = DECIMAL.test(last) ? Number(last) : NaN;
      return Number.isFinite(value) ? value : expected('a decimal number');
    }
    case 'list':
      return splitList(texts);
    case 'choice':
      return option.choices.includes(last)
        ? last
        : expected(`one of ${option.choices.map((choice) => `'${choice}'`).join(', ')}`);
    case 'json':
      return parseObject(last) ?? expected('a JSON object');
    case 'path':
      return last === '' ? expected('a path') : last;
    default:
      return last;
  }
}

/** Tells options from the rest, whatever their values. */
function split(
  command: CommandDescription,
  options: readonly OptionDescription[],
  args: readonly string[],
): { positionals: string[]; values: Map<string, string[]> } {
  const help = `'quantab ${command.name} --help' says what it takes.`;
  const needsValue = (flag: string) => new UsageError(`'${flag}' needs a value. ${help}`);
  const end = args.indexOf('--');
  const valueless = (end < 0 ? args : args.slice(0, end)).find((arg) => /^--[^=]*=$/s.test(arg));
  if (valueless !== undefined) throw needsValue(valueless.slice(0, -1));

  const positionals: string[] = [];
  const values = new Map<string, string[]>();
  let unknown: string | undefined;
  let flagsEnded = false;
  for (let i = 0; i < args.length; ++i) {
    const arg = args[i]!;
    if (flagsEnded || arg === '-' || !arg.startsWith('-')) {
      positionals.push(arg);
      continue;
    }
    if (arg === '--') {
      flagsEnded = true;
      continue;
    }
    const long = arg.startsWith('--');
    const equals = long ? arg.indexOf('=') : -1;
    const flag = equals < 0 ? arg : arg.slice(0, equals);
    const option = options.find(({ name, shortFlag }) =>
      long ? flag === flagOf(name) : shortFlag !== '' && flag.startsWith(`-${shortFlag}`),
    );
    if (option === undefined) {
      unknown ??= flag;
      continue;
    }
    let text: string;
    if (equals >= 0) text = arg.slice(equals + 1);
    else if (option.type === 'bool') text = 'true';
    else if (!long && arg.length > 2) text = arg.slice(2);
    else if (i + 1 < args.length) text = args[++i]!;
    else throw needsValue(arg);
    const texts = values.get(option.name);
    if (texts === undefined) values.set(option.name, [text]);
    else texts.push(text);
  }
  if (unknown !== undefined) throw new UsageError(`There is no option '${unknown}'. ${help}`);
  return { positionals, values };
}

function checkPositionals(
  { name, positionals }: CommandDescription,
  given: readonly string[],
): void {
  const wanted = positionals.length;
  const open = positionals.at(-1)?.repeated ?? false;
  if (given.length < wanted || (given.length > wanted && !open)) {
    throw new UsageError(
      `'quantab ${name}' takes ${wanted}${open ? ' or more' : ''} argument${wanted === 1 && !open ? '' : 's'}, got ${given.length}. ` +
        `'quantab ${name} --help' says which.`,
    );
  }
  const empty = given.indexOf('');
  if (empty >= 0) unexpected(positionals[Math.min(empty, wanted - 1)]!.name, '', 'a path');
}

/** Whether arguments that cannot be parsed ask for JSON nevertheless. */
export function askForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const last = (end < 0 ? args : args.slice(0, end)).findLast((arg) =>
    ['--json', '--json=true', '--json=false'].includes(arg),
  );
  return last !== undefined && last !== '--json=false';
}

/** Parses what follows the program's name. Throws a UsageError. */
export function parseArguments(args: readonly string[]): Arguments {
  const [name, ...rest] = args;
  const command = description.commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const what = name === undefined ? 'No command was given.' : `There is no command '${name}'.`;
    throw new UsageError(`${what} 'quantab --help' lists the commands.`);
  }
  const options = [...command.options, ...description.commonOptions];
  const { positionals, values } = split(command, options, rest);
  const parsed: Arguments = {
    command,
    positionals,
    values,
    flag: (option) => values.get(option)?.at(-1) === 'true',
    value: (option) => values.get(option)?.at(-1),
    quantizerOptions: {},
  };
  if (parsed.flag('help')) return parsed;
  checkPositionals(command, positionals);
  for (const option of options) {
    const texts = values.get(option.name);
    if (texts !== undefined) {
      const value = valueOf(option, texts);
      if (option.quantizer) parsed.quantizerOptions[camel(option.name)] = value;
    } else if (option.required) {
      throw new UsageError(
        `'${flagOf(option.name)}' is missing. 'quantab ${command.name} --help' says what it is.`,
      );
    }
  }
  return parsed;
}
