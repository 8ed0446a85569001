// Whether onnxruntime-web is beside the app: it is beside the page, and not beside the element in pages of others.
import type { measureBeside } from './measure';

type Load = () => Promise<typeof measureBeside>;

let load: Load | undefined;

/** To be called by what has it, with what loads the measuring. */
export function offerOnnxRuntime(given: Load): void {
  load = given;
}

export const onnxRuntime = (): Load | undefined => load;
