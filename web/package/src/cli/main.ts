#!/usr/bin/env node
// quantab: the command line. Results on stdout, all else on stderr; exit status 0 done, 1 failed, 2 wrong usage.
import { asQuantabError, QuantabError } from '../core/error.js';
import { MOST_THREADS } from '../core/start.js';
import { commands } from '../generated/commands.js';
import { description } from '../generated/description.js';
import { askForJson, integer, parseArguments, type Arguments } from './arguments.js';
import { UsageError } from './command.js';
import { Console } from './console.js';

const FAILED = 1;
const WRONG_USAGE = 2;

/** What there is to say in the end, and how the program ends. */
interface Outcome {
  status: number;
  /** For stdout. */
  result: string;
  /** For stderr. */
  message: string;
}

const done = (result: string): Outcome => ({ status: 0, result, message: '' });

function failed(error: unknown, json: boolean): Outcome {
  const { code, message, where } = asQuantabError(error);
  const failure =
    code === 'Cancelled'
      ? new QuantabError(code, 'Cancelled. Nothing was written.')
      : new QuantabError(code, message, where);
  return {
    status: error instanceof UsageError ? WRONG_USAGE : FAILED,
    result: json ? `${JSON.stringify(failure)}\n` : '',
    message: `${failure.message}\n`,
  };
}

async function execute(parsed: Arguments): Promise<Outcome> {
  const { command } = parsed;
  if (parsed.flag('help')) return done(command.helpText);
  const console = new Console(parsed.flag('quiet'));
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => controller.abort());
  }
  const call = {
    signal: controller.signal,
    onProgress: console.progress.bind(console),
    onLog: console.log.bind(console),
  };
  const threads =
    parsed.value('threads') === undefined
      ? undefined
      : integer(parsed, 'threads', 1, 1, MOST_THREADS);
  const invocation = { ...parsed, call, start: { ...call, threads } };
  const { run, text, failures } = commands[command.name]!;
  const result = await run(invocation);
  const message = failures?.(result) ?? '';
  return {
    status: message === '' ? 0 : FAILED,
    result: parsed.flag('json') ? `${JSON.stringify(result)}\n` : text(result, invocation),
    message,
  };
}

async function outcomeOf(args: readonly string[]): Promise<Outcome> {
  const [first] = args;
  if (first === '--help' || first === '-h' || first === 'help') return done(description.help);
  if (first === '--version') return done(`${description.version}\n`);
  let json = askForJson(args);
  try {
    const parsed = parseArguments(args);
    json = parsed.flag('json');
    return await execute(parsed);
  } catch (error) {
    return failed(error, json);
  }
}

/** Writes to a stream; gives the failure, if any. */
function write(stream: NodeJS.WriteStream, text: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    if (text === '') resolve(null);
    else stream.write(text, (error) => resolve(error ?? null));
  });
}

async function main(args: readonly string[]): Promise<number> {
  // A failed write is told to its callback; without a listener it would end the program as well.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const { status, result, message } = await outcomeOf(args);
  const error = await write(process.stdout, result);
  await write(process.stderr, message);
  // A reader that has seen enough, such as `head`, is no failure.
  if (error === null || error.code === 'EPIPE' || status !== 0) return status;
  await write(process.stderr, 'Standard output could not be written. Is the disk full?\n');
  return FAILED;
}

process.exitCode = await main(process.argv.slice(2));
