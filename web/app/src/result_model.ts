// A result as a model that can be run.
import { openModel, type Model } from 'quantab';
import type { Run } from './runs';

/** Opened from the result's files; nothing where they are gone. The caller closes it. */
export async function openResult({ files }: Run, signal: AbortSignal): Promise<Model | undefined> {
  const [main, ...others] = files ?? [];
  if (main === undefined) return undefined;
  const externalData = Object.fromEntries(others.map(({ name, blob }) => [name, blob]));
  return openModel(new File([main.blob], main.name), { externalData, signal });
}
