import { QuantabError } from '../core/error.js';
import type { CallOptions, CoreOptions, LogLevel } from '../core/types.js';

/** Values as typed, by the options' names in snake_case, in the order given. A switch without a value has 'true'. */
export type OptionValues = ReadonlyMap<string, readonly string[]>;

export interface Invocation {
  positionals: readonly string[];
  values: OptionValues;
  /** Whether a switch is on: the last of "--name", "--name=true" and "--name=false" counts. */
  flag(name: string): boolean;
  /** The last value of an option, or undefined. */
  value(name: string): string | undefined;
  /** The quantizer's own options that were given, by their names in the package. */
  quantizerOptions: Record<string, unknown>;
  /** The signal, and where progress and log go. */
  call: CallOptions & { onLog: (level: LogLevel, message: string) => void };
  /** The same, and how many threads may compute: for whatever starts the core. */
  start: CoreOptions;
}

/** A command: a file of commands/, named as the command. */
export interface Command<Result = unknown> {
  /** Does the work; the result is what --json prints. */
  run(invocation: Invocation): Promise<Result>;
  /** The result for people, ending with a newline. */
  text(result: Result, invocation: Invocation): string;
  /** What part of the work failed, although there is a result: for stderr, with exit status 1. Empty where all is well. */
  failures?(result: Result): string;
}

/** A command line that cannot be understood: exit status 2. */
export class UsageError extends QuantabError {
  constructor(message: string) {
    super('InvalidArgument', message);
  }
}
