// The core's description of itself (DescribeAll in core/api/json.h): what drives both command lines and the option types.

/** An option of a command. */
export interface OptionDescription {
  /** In snake_case; the flag is its kebab-case, the package's option its camelCase. */
  name: string;
  type: 'bool' | 'number' | 'string' | 'list' | 'choice' | 'json' | 'path';
  /** Of the type 'json': the object's type, as TypeScript writes it; else "". */
  valueType: string;
  /** null when there is none, or when it depends on other options. */
  default: boolean | number | string | string[] | Record<string, never> | null;
  choices: string[];
  help: string;
  /** The name under ONNX Runtime's extra_options, for those that come from there. */
  extraOption: string;
  /** "o", or "". */
  shortFlag: string;
  /** What the value is called in help; "" for a switch. */
  metavar: string;
  required: boolean;
  /** May be given several times. */
  repeated: boolean;
  /** A quantizer's own option, rather than the command's. */
  quantizer: boolean;
  /** Of those: counts only where samples are given. */
  withSamples: boolean;
}

/** What a command takes beside its options, in this order. */
export interface PositionalDescription {
  name: string;
  help: string;
  repeated: boolean;
}

/** A command of the command line. */
export interface CommandDescription {
  name: string;
  help: string;
  positionals: PositionalDescription[];
  options: OptionDescription[];
  /** The whole text of --help. */
  helpText: string;
}

/** Commands and options as data, from which forms and command lines can be made. */
export interface Description {
  version: string;
  commands: CommandDescription[];
  /** Options of every command. */
  commonOptions: OptionDescription[];
  /** By `config`: the options of 'static' that have another default under it, and that default. */
  configurations: Record<string, Record<string, OptionDescription['default']>>;
  /** The whole text of `quantab --help`. */
  help: string;
}
