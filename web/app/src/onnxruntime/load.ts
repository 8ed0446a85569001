// Loads onnxruntime-web from beside the page.
import type { OnnxRuntime } from 'quantab/onnxruntime';

/** Of the build (onnxruntime_web.ts). */
declare const __ONNXRUNTIME_WEB__: { version: string; folder: string };

export const { version } = __ONNXRUNTIME_WEB__;

/** The module, with what is set before its first use. */
interface OnnxRuntimeWeb extends OnnxRuntime {
  env: { wasm: { numThreads: number; wasmBinary: ArrayBuffer; wasmPaths: { mjs: string } } };
}

async function bytesAt(address: string): Promise<ArrayBuffer> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`'${address}' answered with ${response.status}.`);
  return response.arrayBuffer();
}

/** `base` is the page's address. Everything is fetched before the start: a start that failed cannot be made again. */
export async function loadOnnxRuntime(base: string, threads: number): Promise<OnnxRuntime> {
  const at = (name: string) => new URL(`${__ONNXRUNTIME_WEB__.folder}/${name}`, base).href;
  const start = at('ort-wasm-simd-threaded.js');
  try {
    const [ort, wasmBinary] = await Promise.all([
      import(/* @vite-ignore */ at('ort.wasm.min.js')) as Promise<OnnxRuntimeWeb>,
      bytesAt(at('ort-wasm-simd-threaded.wasm')),
      import(/* @vite-ignore */ start),
    ]);
    Object.assign(ort.env.wasm, { numThreads: threads, wasmBinary, wasmPaths: { mjs: start } });
    return ort;
  } catch (error) {
    throw new Error(
      `onnxruntime-web could not be loaded from this page's own address. It is not among what is kept for work offline: connect to the network, and try again.`,
      { cause: error },
    );
  }
}
