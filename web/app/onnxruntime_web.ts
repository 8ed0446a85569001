// Puts onnxruntime-web beside the page: as files of its own, which nothing loads before somebody asks for them.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Plugin } from 'vite';

const here = import.meta.dirname;
const dist = path.dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
const { version } = JSON.parse(fs.readFileSync(path.join(dist, '..', 'package.json'), 'utf8')) as {
  version: string;
};

/** Named after the version: files of two versions do not go together, and browsers keep files. */
export const folder = `onnxruntime-web-${version}`;

/** As they are called here, with an ending that every static host knows; and in its package. */
const FILES = {
  'ort.wasm.min.js': 'ort.wasm.min.mjs',
  'ort-wasm-simd-threaded.js': 'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm': 'ort-wasm-simd-threaded.wasm',
};

const LICENCE = 'licences/onnxruntime-web.txt';

export function onnxRuntimeWeb(): Plugin {
  return {
    name: 'quantab-onnxruntime-web',
    config: () => ({ define: { __ONNXRUNTIME_WEB__: JSON.stringify({ version, folder }) } }),
    apply: 'build',
    generateBundle() {
      for (const [name, original] of Object.entries(FILES)) {
        const source = fs.readFileSync(path.join(dist, original));
        this.emitFile({ type: 'asset', fileName: `${folder}/${name}`, source });
      }
      const licence = fs.readFileSync(path.join(here, LICENCE));
      this.emitFile({ type: 'asset', fileName: LICENCE, source: licence });
    },
  };
}
