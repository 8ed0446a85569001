#!/usr/bin/env node
// quantab: the command line. Results on stdout, all else on stderr; exit status 0 done, 1 failed, 2 wrong usage.
import { asQuantabError } from '../core/error.js';
import { commands } from '../generated/commands.js';
import { description } from '../generated/description.js';
import { parseArguments } from './arguments.js';
import { UsageError } from './command.js';
import { Console } from './console.js';

const FAILED = 1;
const WRONG_USAGE = 2;

async function main(args: readonly string[]): Promise<number> {
  const first = args[0];
  if (first === '--help' || first === '-h' || first === 'help') {
    process.stdout.write(description.help);
    return 0;
  }
  if (first === '--version') {
    process.stdout.write(`${description.version}\n`);
    return 0;
  }
  const json = args.includes('--json');
  try {
    const parsed = parseArguments(args);
    const { command } = parsed;
    if (parsed.has('help')) {
      process.stdout.write(command.helpText);
      return 0;
    }
    const console = new Console(parsed.has('quiet'));
    const controller = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => controller.abort());
    }
    const invocation = {
      ...parsed,
      call: {
        signal: controller.signal,
        onProgress: console.progress.bind(console),
        onLog: console.log.bind(console),
      },
    };
    const { run, text } = commands[command.name]!;
    const result = await run(invocation);
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : text(result, invocation));
    return 0;
  } catch (error) {
    const failure = asQuantabError(error);
    if (json) process.stdout.write(`${JSON.stringify(failure)}\n`);
    process.stderr.write(`${failure.message}\n`);
    return error instanceof UsageError ? WRONG_USAGE : FAILED;
  }
}

process.exitCode = await main(process.argv.slice(2));
