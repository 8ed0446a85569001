// A look at samples before they are used: what cannot be read, and what is suspicious.
import type { Tensor, TensorMap, ValueInfo } from 'quantab';
import { SampleChecks, type Preprocess, type SampleFile } from 'quantab/samples';
import { messageOf } from './alerts';
import { countSamples, type Group } from './samples';
import { rowsFrom } from './split';

/** So many samples are looked at: enough to see what they are like, few enough to be read in a moment. */
const MOST = 64;

export interface Findings {
  /** Sentences about the samples, most important first. */
  warnings: string[];
  /** What samples cannot be read for, each said once, with their files. */
  failures: Map<string, SampleFile[]>;
  /** Whether there are samples that can be read. */
  isAny: boolean;
}

/** Messages differ in the file they begin with, but often in nothing else. */
const withoutName = (message: string, name: string): string =>
  message.startsWith(`'${name}': `) ? message.slice(name.length + 4) : message;

/** Looks at the first samples. Ends early, with what was found, when `signal` says so. */
export async function examine(
  groups: readonly Group[],
  split: boolean,
  inputs: readonly ValueInfo[],
  preprocess: Preprocess,
  signal: AbortSignal,
): Promise<Findings> {
  const checks = new SampleChecks(inputs, preprocess);
  const failures = new Map<string, SampleFile[]>();
  let [seen, good] = [0, 0];
  const add = (tensors: TensorMap) => {
    seen++;
    good++;
    checks.add(tensors as TensorMap<Tensor>);
  };
  for (const { sample, rows } of groups) {
    if (seen >= MOST || signal.aborted) break;
    try {
      const tensors = await sample.read();
      if (split && rows > 1) {
        for (const row of rowsFrom(tensors, rows, 0, Math.min(rows, MOST - seen))) add(row);
      } else {
        add(tensors);
      }
    } catch (error) {
      seen++;
      const message = withoutName(messageOf(error), sample.name);
      failures.set(message, [...(failures.get(message) ?? []), ...sample.files]);
    }
  }
  const warnings = checks.warnings(countSamples(groups, split) - (seen - good));
  return { warnings, failures, isAny: good > 0 };
}
