// What is used of the library that the build puts here.
export function init(
  module: WebAssembly.Module,
  options: { print: () => void; printErr: () => void },
): Promise<void>;
export default function decode(
  file: ArrayBuffer,
  options: { preserveOrientation: boolean },
): Promise<{ data: Uint8ClampedArray; width: number; height: number }>;
