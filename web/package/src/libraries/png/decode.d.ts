// What is used of the library that the build puts here.
export function init(module: WebAssembly.Module): Promise<unknown>;
export default function decode(
  file: ArrayBuffer,
): Promise<{ data: Uint8ClampedArray; width: number; height: number }>;
