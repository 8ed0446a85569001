// The files that were given for a model, and the samples they make. A file is read each time it is needed; nothing is kept.
import type { ValueInfo } from 'quantab';
import {
  formatOf,
  isConfigFile,
  readSamples,
  unpackSamples,
  type PartialPreprocess,
  type PendingSample,
  type SampleFile,
  type SampleSet,
} from 'quantab/samples';
import type { NamedFile } from './files';
import type { Group } from './samples';
import { rowsOf } from './split';

/** An input of a sample that is a folder, as ONNX's test data is laid out. */
const NUMBERED = /(^|\/)input_\d+\.pb$/i;

/** Files of one name came from different folders: each is a sample by itself, but numbered ones could be parts of any. */
function apart(files: readonly NamedFile[]): NamedFile[][] {
  const seen = new Set<string>();
  const firsts: NamedFile[] = [];
  const others: NamedFile[][] = [];
  for (const entry of files) {
    if (!seen.has(entry.path)) firsts.push(entry);
    else if (!NUMBERED.test(entry.path)) others.push([entry]);
    else {
      throw new Error(
        `Two files are called '${entry.path}', so it cannot be told which sample each belongs to. Give their folders, or one sample at a time. Nothing was added.`,
      );
    }
    seen.add(entry.path);
  }
  return [firsts, ...others];
}

const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());

const isOfArrays = ({ files }: PendingSample): boolean =>
  files.every(({ path }) => formatOf(path) !== undefined);

/** Whether a sample is made of files that are prepared as the settings say. */
export const isPrepared = ({ sample }: Group): boolean => !isOfArrays(sample);

/** What came of a change. */
export interface Outcome {
  /** Why files were left out. */
  errors: unknown[];
  /** Files that came, but that no input takes. */
  unused: readonly SampleFile[];
}

export class Collection {
  readonly #inputs: readonly ValueInfo[];
  #files: SampleFile[] = [];
  #given: PartialPreprocess = { inputs: {} };
  /** Rows of arrays, by the first file of their sample: each was read once, to see what it holds. */
  readonly #rows = new WeakMap<SampleFile, number>();
  #batches = 0;
  #removals = 0;
  #set: SampleSet | undefined;
  #groups: Group[] = [];

  constructor(inputs: readonly ValueInfo[]) {
    this.#inputs = inputs;
  }

  get groups(): readonly Group[] {
    return this.#groups;
  }

  get isEmpty(): boolean {
    return this.#files.length === 0;
  }

  /** The samples as the files and settings make them; undefined before either was asked for. */
  get set(): SampleSet | undefined {
    return this.#set;
  }

  /** The settings that were made by hand or loaded; all others are guessed. */
  get given(): PartialPreprocess {
    return this.#given;
  }

  /** All files, those that say how samples are made included. */
  get files(): readonly SampleFile[] {
    return this.#files;
  }

  /** Files that came together; files that came at another time never make a sample with them. */
  async add(files: readonly NamedFile[]): Promise<Outcome> {
    const errors: unknown[] = [];
    const opened: SampleFile[] = [];
    for (const batch of apart(files)) {
      const number = this.#batches++;
      for (const { path, file } of batch) {
        try {
          opened.push(
            ...(await unpackSamples([{ path, bytes: () => bytesOf(file), batch: number }])),
          );
        } catch (error) {
          errors.push(error);
        }
      }
    }
    // A newer file that says how samples are made takes the place of an older one.
    const replaced = new Set(opened.map(({ path }) => path).filter((path) => isConfigFile(path)));
    const kept = this.#files.filter(({ path }) => !replaced.has(path));
    const outcome = await this.#change([...kept, ...opened], this.#given);
    return {
      errors: [...errors, ...outcome.errors],
      unused: outcome.unused.filter((file) => opened.includes(file)),
    };
  }

  /** Rejects, and changes nothing, when the settings fit neither the model nor the files. */
  async configure(given: PartialPreprocess): Promise<void> {
    await this.#change(this.#files, given, (error) => {
      throw error;
    });
  }

  leaveOut(files: ReadonlySet<SampleFile>): Promise<Outcome> {
    return this.#change(
      this.#files.filter((file) => !files.has(file)),
      this.#given,
    );
  }

  /** Removes all files, those that are being read included; settings that were made by hand stay. */
  clear(): void {
    this.#removals++;
    this.#files = [];
    this.#groups = [];
    this.#set = undefined;
  }

  async #change(
    files: readonly SampleFile[],
    given: PartialPreprocess,
    onError?: (error: unknown) => void,
  ): Promise<Outcome> {
    const removals = this.#removals;
    const errors: unknown[] = [];
    const bad = new Set<SampleFile>();
    const leaveOut = (error: unknown, members: readonly SampleFile[]) => {
      onError?.(error);
      errors.push(error);
      members.forEach((file) => bad.add(file));
    };
    const set = await readSamples(files, this.#inputs, given, { onError: leaveOut });
    const groups: Group[] = [];
    for (const sample of set.samples) {
      if (removals !== this.#removals) return { errors: [], unused: [] };
      try {
        groups.push({ sample, rows: await this.#rowsIn(sample) });
      } catch (error) {
        leaveOut(error, sample.files);
      }
    }
    if (removals !== this.#removals) return { errors: [], unused: [] };
    this.#files = files.filter((file) => !bad.has(file));
    this.#given = given;
    this.#set = set;
    this.#groups = groups;
    return { errors, unused: set.unused };
  }

  async #rowsIn(sample: PendingSample): Promise<number> {
    if (!isOfArrays(sample)) return 1;
    const [first] = sample.files;
    const rows = this.#rows.get(first!) ?? rowsOf(await sample.read(), this.#inputs);
    this.#rows.set(first!, rows);
    return rows;
  }
}
