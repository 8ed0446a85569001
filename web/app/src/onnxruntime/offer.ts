// Whether there is an onnxruntime-web to compare with: it lies beside the page, and an element is given one by the page it is in.
import type { CallOptions, Model } from 'quantab';
import type { Run } from '../runs';
import type { SampleSource } from '../samples';
import type { Beside } from './table';

/** Times a result, whose files are there, and its float model, here and there. Rejects once the signal is aborted. */
export type Measure = (
  model: Model,
  run: Run,
  samples: SampleSource | undefined,
  signal: AbortSignal,
  onProgress: NonNullable<CallOptions['onProgress']>,
) => Promise<Beside>;

export interface Offer {
  /** Says what is loaded, and when. */
  help: string;
  /** Loads what measures. */
  load(): Promise<Measure>;
}

let current: () => Offer | undefined = () => undefined;

/** To be called by what knows whether there is one, which may change. */
export function offerOnnxRuntime(offer: () => Offer | undefined): void {
  current = offer;
}

export const onnxRuntime = (): Offer | undefined => current();
