// Arguments by the core's description of the command line.
import type { CommandDescription, OptionDescription } from '../core/description.js';
import { description } from '../generated/description.js';
import { UsageError, type Invocation } from './command.js';

export type Arguments = Omit<Invocation, 'call'> & { command: CommandDescription };

const camel = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** "--nodes-to-exclude" for "nodes_to_exclude". */
export const flagOf = (name: string): string => `--${name.replaceAll('_', '-')}`;

/** "A,B" to A and B; a comma that belongs to a name is written "\,". */
function splitList(texts: readonly string[]): string[] {
  return texts.flatMap((text) =>
    (text.match(/(?:\\,|[^,])+/g) ?? []).map((item) => item.replaceAll('\\,', ',')),
  );
}

function parseBool(option: OptionDescription, text: string): boolean {
  if (text === '' || text === 'true') return true;
  if (text === 'false') return false;
  throw new UsageError(`'${flagOf(option.name)}' is '${text}', expected true or false.`);
}

function parseNumber(option: OptionDescription, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new UsageError(`'${flagOf(option.name)}' is '${text}', expected a number.`);
}

/** The value of `name` as a whole number of at least 0. */
export function integer({ value }: Invocation, name: string, otherwise: number): number {
  const text = value(name) ?? String(otherwise);
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`'${flagOf(name)}' is '${text}', expected a whole number.`);
}

function valueOf(option: OptionDescription, texts: readonly string[]): unknown {
  const last = texts.at(-1) ?? '';
  switch (option.type) {
    case 'bool':
      return parseBool(option, last);
    case 'number':
      return parseNumber(option, last);
    case 'list':
      return splitList(texts);
    case 'choice':
      if (option.choices.includes(last)) return last;
      throw new UsageError(
        `'${flagOf(option.name)}' is '${last}', expected one of ${option.choices.map((c) => `'${c}'`).join(', ')}.`,
      );
    default:
      return last;
  }
}

/** The flags of a command line, and the rest of it. */
function split(
  command: CommandDescription,
  options: readonly OptionDescription[],
  args: readonly string[],
): { positionals: string[]; values: Map<string, string[]> } {
  const help = `'quantab ${command.name} --help' says what it takes.`;
  const positionals: string[] = [];
  const values = new Map<string, string[]>();
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
    if (option === undefined) throw new UsageError(`There is no option '${flag}'. ${help}`);
    let text: string;
    if (equals >= 0) text = arg.slice(equals + 1);
    else if (option.type === 'bool') text = '';
    else if (!long && arg.length > 2) text = arg.slice(2);
    else if (i + 1 < args.length) text = args[++i]!;
    else throw new UsageError(`'${flag}' needs a value. ${help}`);
    const texts = values.get(option.name);
    if (texts === undefined) values.set(option.name, [text]);
    else texts.push(text);
  }
  return { positionals, values };
}

function checkCount({ name, positionals }: CommandDescription, count: number): void {
  const wanted = positionals.length;
  const open = positionals.at(-1)?.repeated ?? false;
  if (count === wanted || (open && count > wanted)) return;
  throw new UsageError(
    `'quantab ${name}' takes ${wanted}${open ? ' or more' : ''} argument${wanted === 1 ? '' : 's'}, got ${count}. ` +
      `'quantab ${name} --help' says which.`,
  );
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
  const given = (option: OptionDescription) => values.get(option.name);
  const parsed: Arguments = {
    command,
    positionals,
    values,
    has: (option) => values.has(option) && values.get(option)?.at(-1) !== 'false',
    value: (option) => values.get(option)?.at(-1),
    quantizerOptions: {},
  };
  if (parsed.has('help')) return parsed;
  checkCount(command, positionals.length);
  for (const option of options) {
    const texts = given(option);
    if (texts === undefined && option.required) {
      throw new UsageError(
        `'${flagOf(option.name)}' is missing. 'quantab ${command.name} --help' says what it is.`,
      );
    }
    if (texts === undefined) continue;
    const value = valueOf(option, texts);
    if (option.quantizer) parsed.quantizerOptions[camel(option.name)] = value;
  }
  return parsed;
}
