// What is used of the library that the build puts here.
export function init(
  module: WebAssembly.Module,
  options: { print: () => void; printErr: () => void },
): Promise<unknown>;
export default function decode(
  file: ArrayBuffer,
): Promise<{ data: Uint8ClampedArray; width: number; height: number }>;
