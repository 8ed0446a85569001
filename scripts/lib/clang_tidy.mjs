// The clang-tidy of the checks: newer than Debian's, because it leaves the system's headers alone and
// so takes a third of the time.
import path from 'node:path';
import { root } from './paths.mjs';
import { pythonEnvironment } from './python.mjs';

/** Installs it if needed; returns its path. */
export async function ensureClangTidy() {
  const wanted = path.join(root, 'scripts', 'check', 'requirements.txt');
  return path.join(await pythonEnvironment('check-venv', 'clang-tidy', wanted), 'clang-tidy');
}
