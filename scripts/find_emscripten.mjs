// Prints the CMake toolchain file of the Emscripten in use; cmake/emscripten.cmake calls it.
import { findEmscripten } from './lib/emscripten.mjs';
import { Failure, main } from './lib/run.mjs';

await main(() => {
  const found = findEmscripten();
  if (!found) throw new Failure('Emscripten is missing. Run: node scripts/setup.mjs');
  process.stdout.write(`${found.toolchainFile}\n`);
});
