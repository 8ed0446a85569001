// The Python that ONNX Runtime's own tools run in.
import path from 'node:path';
import { root } from './paths.mjs';
import { pythonEnvironment } from './python.mjs';

/** Makes it if needed; returns its path. */
export async function parityPython() {
  const wanted = path.join(root, 'tests', 'parity', 'requirements.txt');
  return path.join(await pythonEnvironment('parity-venv', 'ONNX Runtime', wanted), 'python');
}
