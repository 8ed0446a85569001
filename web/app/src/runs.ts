// The results so far, each with what it was made with and what was found out about it. Files are blobs, which a browser keeps on
// disk when they are large.
import type { MixedPrecision, Model, Recipe } from 'quantab';
import type { Profiles } from './improve/profile_view';
import type { Sensitivity } from './improve/sensitivity_view';
import type { Suggested } from './improve/suggest_view';
import type { Judgement } from './judge';
import type { Beside } from './onnxruntime/table';
import type { SampleSource } from './samples';
import type { Job, Made, ResultFile, Settings } from './work';

/** A result: plain data, so that it can be stored. */
export interface Run {
  /** Counts up from 1, and is never given again. */
  readonly number: number;
  /** Of the model's file. */
  readonly name: string;
  readonly settings: Settings;
  /** How many samples there were, and whether they were made up. */
  readonly samples: number;
  readonly random: boolean;
  /** Bytes of all its files. */
  readonly size: number;
  /** Of the float model. */
  readonly sizeBefore: number;
  /** Sentences the core had to say. */
  readonly log: readonly string[];
  /** How files became samples is a part of it. */
  readonly recipe: Recipe;
  readonly python: string;
  readonly mixedPrecision: MixedPrecision | undefined;
  /** What the settings were, to be compared with those shown. */
  readonly key: string;
  /** None of a result that was made before the page was loaded. */
  files: readonly ResultFile[] | undefined;
  /** None while it is measured. */
  judgement: Judgement | undefined;
  /** Its times beside those in onnxruntime-web, once that was asked for. */
  beside: Beside | undefined;
  /** What was found out in other ways, each once that was asked for. */
  suggestion: Suggested | undefined;
  sensitivity: Sensitivity | undefined;
  profiles: Profiles | undefined;
}

export function settingsOf(job: Job): Settings {
  const { method, options, mixed, half, preProcess, externalData, suffix } = job;
  const settings = {
    ...{ method, options, mixed, preProcess, externalData },
    ...(half === true && { half }),
  };
  return suffix === undefined ? settings : { ...settings, suffix };
}

export class Runs {
  readonly #all: Run[] = [];
  readonly #urls = new Map<Run, string[]>();
  readonly #samples = new WeakMap<Run, SampleSource>();
  #next = 1;
  #chosen: Run | undefined;

  constructor(private readonly changed: () => void) {}

  get all(): readonly Run[] {
    return this.#all;
  }

  /** The one whose details are shown. */
  get chosen(): Run | undefined {
    return this.#chosen;
  }

  /** Takes a finished model among the results, and chooses it. */
  add(model: Model, made: Made, key: string): Run {
    const { job, quantized, files, log } = made;
    const run: Run = {
      number: this.#next++,
      name: files[0]!.name,
      settings: settingsOf(job),
      samples: job.samples?.length ?? 0,
      random: job.random,
      size: files.reduce((sum, { blob }) => sum + blob.size, 0),
      sizeBefore: model.byteLength,
      log,
      recipe: {
        ...quantized.recipe,
        ...(job.preprocess !== undefined && { preprocess: job.preprocess }),
      },
      python: quantized.python ?? '',
      mixedPrecision: quantized.mixedPrecision,
      key,
      files,
      judgement: undefined,
      beside: undefined,
      suggestion: undefined,
      sensitivity: undefined,
      profiles: undefined,
    };
    if (job.samples !== undefined) this.#samples.set(run, job.samples);
    this.#all.push(run);
    this.choose(run);
    return run;
  }

  /** Those it was made with; none of a result that was made before the page was loaded. */
  samplesOf(run: Run): SampleSource | undefined {
    return this.#samples.get(run);
  }

  judged(run: Run, judgement: Judgement): void {
    run.judgement = judgement;
    this.changed();
  }

  choose(run: Run): void {
    this.#chosen = run;
    this.changed();
  }

  remove(run: Run): void {
    const index = this.#all.indexOf(run);
    if (index < 0) return;
    this.#all.splice(index, 1);
    this.#revoke(run);
    if (this.#chosen === run) this.#chosen = this.#all[Math.max(0, index - 1)];
    this.changed();
  }

  /** Takes results of an earlier visit among them, before all others. */
  restore(runs: readonly Run[], next: number): void {
    this.#all.unshift(...runs);
    this.#next = Math.max(this.#next, next);
    this.#chosen ??= runs.at(-1);
    this.changed();
  }

  /** The number that the next result gets. */
  get next(): number {
    return this.#next;
  }

  /** Where the files of a result are to be had, in their order. */
  urlsOf(run: Run): readonly string[] {
    let urls = this.#urls.get(run);
    if (urls === undefined) {
      urls = (run.files ?? []).map(({ blob }) => URL.createObjectURL(blob));
      this.#urls.set(run, urls);
    }
    return urls;
  }

  #revoke(run: Run): void {
    for (const url of this.#urls.get(run) ?? []) URL.revokeObjectURL(url);
    this.#urls.delete(run);
  }

  /** Gives back what the downloads held. */
  close(): void {
    for (const run of this.#all) this.#revoke(run);
  }
}
