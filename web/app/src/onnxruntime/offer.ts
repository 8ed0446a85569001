// Whether onnxruntime-web is beside the app: it is beside the page, and not beside the element in pages of others.
import type { measureBeside } from './measure';

/** Loads what measures. */
export type LoadMeasure = () => Promise<typeof measureBeside>;

let load: LoadMeasure | undefined;

/** To be called by what has it, with what loads the measuring. */
export function offerOnnxRuntime(given: LoadMeasure): void {
  load = given;
}

export const onnxRuntime = (): LoadMeasure | undefined => load;
